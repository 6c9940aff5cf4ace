"""The pages of a change: what is possible, what it costs, and only then the change; a no says what can be had instead."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from portal.account.models import Member
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.payers.stop_paying import stop_paying
from reservations.booking.book import book
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Waiver
from reservations.search.times import query
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked, offered
from tests.reservations.pages import browser_of, hidden_fields, words_of

pytestmark = pytest.mark.one_database


def address(trip, start=24, end=27, **more) -> str:
    times = query(hours(start, end), trip.car.lot.zone)
    return f"/trips/{trip.reference}/change?" + "&".join(
        f"{key}={value}" for key, value in ({key: at.replace("+", "%2B") for key, at in times.items()} | more).items())


def test_a_member_sees_the_difference_and_then_changes_the_trip(street, people, clock):
    ada = people.member()
    trip = booked(ada)
    browser = browser_of(street.site, ada.user, clock)
    page = words_of(browser.get(f"/trips/{trip.reference}/change"))
    assert "30 min longer, until 3:30 PM: + $" in page
    assert "you can keep it until" in page
    asked = browser.get(address(trip, 24, 28))
    assert asked.status_code == 200
    assert "What it becomes" in words_of(asked)
    assert "Cancelling is free until" in words_of(asked)
    before = trip.price
    answer = browser.fill_in(address(trip, 24, 28))
    assert answer.status_code == 302
    db.session.refresh(trip)
    assert trip.span == hours(24, 28)
    more = trip.price - before
    assert f"+ ${more.cents / 100:.2f}" in words_of(asked)
    assert f"That adds ${more.cents / 100:.2f}." in browser.get(answer.location).text


def test_one_page_posted_twice_changes_the_trip_once(street, people, clock):
    ada = people.member()
    trip, browser = booked(ada), browser_of(street.site, ada.user, clock)
    form = hidden_fields(browser.get(address(trip, 24, 28)).text)
    for _again in range(2):
        assert browser.send(f"/trips/{trip.reference}/change", method="POST", data=form).status_code == 302
    assert db.session.scalar(select(func.count()).select_from(ReservationChange)) == 1


def test_a_car_that_is_taken_then_is_a_kind_no_with_what_can_be_had(street, people, clock):
    ada, bo = people.member(), people.member("Bo Lind")
    trip, browser = booked(ada), browser_of(street.site, ada.user, clock)
    form = hidden_fields(browser.get(address(trip, 24, 29)).text)
    booked(bo, span=hours(28, 30))
    late = browser.send(f"/trips/{trip.reference}/change", method="POST", data=form)
    looked = browser.get(address(trip, 24, 29))
    for answer in (late, looked):
        assert answer.status_code == 409
        assert "you can keep it until Wed, Nov 25, 4:00 PM" in words_of(answer)
        assert "Another car for" in words_of(answer)
    assert trip.span == hours(24, 27)


def test_a_time_that_the_members_own_next_trip_takes_is_said_to_be_theirs(street, people, clock):
    ada = people.member()
    trip, following = booked(ada), booked(ada, span=hours(28, 30))
    page = browser_of(street.site, ada.user, clock).get(address(trip, 24, 29))
    assert page.status_code == 409
    assert f"You have booked {trip.car.name} already, for Wed, Nov 25, 4:00 PM" in words_of(page)
    assert f'href="/trips/{following.reference}"' in page.text


def test_another_car_is_one_tap_away_with_its_difference(street, people, clock):
    ada = people.member()
    trip = booked(ada, a_car(name="Acorn"))
    browser = browser_of(street.site, ada.user, clock)
    page = browser.get(f"/trips/{trip.reference}/change").text
    link = next(part for part in page.split('href="') if part.startswith(f"/trips/{trip.reference}/change?car="))
    answer = browser.fill_in(link.split('"')[0].replace("&amp;", "&"))
    assert answer.status_code == 302
    db.session.refresh(trip)
    assert trip.car.name != "Acorn"
    assert trip.span == hours(24, 27)


@pytest.mark.parametrize(("start", "end", "status"), [("", "soon", 422), ("2026-11-25T12:00", "2026-11-25T11:00", 422),
                                                      ("2020-01-01T12:00", "2020-01-01T14:00", 422)])
def test_times_that_cannot_be_are_said_beside_their_field(street, people, clock, start, end, status):
    ada = people.member()
    trip = booked(ada)
    answer = browser_of(street.site, ada.user, clock).get(f"/trips/{trip.reference}/change", start=start, end=end)
    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.text


def test_what_is_wrong_with_the_times_stands_first_with_a_way_to_the_field_which_keeps_what_was_typed(street, people, clock):
    ada = people.member()
    page = browser_of(street.site, ada.user, clock).get(
        f"/trips/{booked(ada).reference}/change", start="2026-11-25T12:00", end="2026-11-25T11:00").text
    order = [page.index(part) for part in (
        'autofocus aria-labelledby="errors-title"', 'href="#end"', 'value="2026-11-25T11:00"', 'id="ends"', 'id="cars"')]
    assert order == sorted(order)


@pytest.mark.parametrize(("start", "end"), [
    ("2026-11-25T18:00+00:00", "2026-11-25T21:07+00:00"), ("2026-11-25T18:00+00:00", "9999-12-31T22:45+00:00"),
    ("0001-01-01T00:00+00:00", "2026-11-25T21:00+00:00"), ("2026-11-25T18:00+00:00", "8999-12-31T22:45+00:00")])
def test_a_form_with_odd_times_changes_nothing_and_shows_what_can_be_had_for_the_booked_ones(street, people, clock, start, end):
    ada = people.member()
    trip, browser = booked(ada), browser_of(street.site, ada.user, clock)
    with transaction():  # of such times it is not said that nobody's licence counts for ever
        db.session.get_one(Member, ada.id).licence_until = date(2029, 3, 1)
    form = hidden_fields(browser.get(address(trip, 24, 28)).text)
    answer = browser.send(f"/trips/{trip.reference}/change", method="POST", data=form | {"start": start, "end": end})
    assert answer.status_code == 422
    assert "30 min longer, until 3:30 PM" in words_of(answer)
    assert "Another car for Wed, Nov 25" in words_of(answer)
    assert trip.span == hours(24, 27)


def test_whoever_changes_a_trip_for_another_sees_how_that_trip_is_paid(street, people, clock):
    ada, ben = people.member(), people.member("Ben Ode")
    firm = add_business(name="Lakeside Ltd", email="books@example.com", at=NOON)
    for member in (ada, ben):
        let_pay(payer_id=firm.id, member_id=member.id, at=NOON)
    trip = book(member=ben, car=a_car(), offer=offered(a_car(), ben), waiver=Waiver.INCLUDED, once="for", now=NOON,
                booked_by=ada)
    stop_paying(payer_id=firm.id, member_id=ben.id)  # what was booked is paid as it was
    page = words_of(browser_of(street.site, ada.user, clock).get(address(trip, 24, 26)))  # shorter: it cannot get dearer
    assert "What it becomes" in page
    assert "We hold" not in page  # the business pays by invoice: nobody's card


def test_while_driving_the_trip_is_extended_from_the_drive_page(street, people):
    ada = people.member()
    trip = street.unlocked(booked(ada, span=hours(1, 3)))
    street.clock.at = NOON + timedelta(hours=2)
    browser = browser_of(street.site, ada.user, street.clock)
    page = browser.get(f"/trips/{trip.reference}").text
    assert "Extend: $" in page
    link = next(part for part in page.split('href="') if part.startswith(f"/trips/{trip.reference}/change?end="))
    looked = browser.get(link.split('"')[0].replace("&amp;", "&"))
    assert "Keep Acorn longer" in words_of(looked) or "longer" in words_of(looked)
    assert 'name="start" type="datetime-local"' not in looked.text
    assert browser.fill_in(link.split('"')[0].replace("&amp;", "&")).status_code == 302
    db.session.refresh(trip)
    assert trip.ends_at == NOON + timedelta(hours=3, minutes=15)


def test_what_is_late_and_given_back_is_said_before(street, people, clock):
    ada = people.member()
    trip = booked(ada, span=hours(24, 28))
    clock.at = NOON + timedelta(hours=23)
    page = words_of(browser_of(street.site, ada.user, clock).get(address(trip, 24, 26)))
    assert "is for time you give back after the free time" in page
    assert "2 h given back after the free time" in page
    assert "same price" in page


def test_a_trip_that_is_over_has_nothing_to_change(street, people, clock):
    ada = people.member()
    trip, browser = booked(ada), browser_of(street.site, ada.user, clock)
    form = hidden_fields(browser.get(address(trip, 24, 28)).text)
    browser.fill_in(f"/trips/{trip.reference}/cancel")
    assert browser.get(f"/trips/{trip.reference}/change").status_code == 302
    assert browser.send(f"/trips/{trip.reference}/change", method="POST", data=form).status_code == 409
