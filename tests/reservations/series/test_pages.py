"""Booking every week on pages: the days with their prices and sum, the series, what to do instead, cancelling."""

import re

import pytest
from sqlalchemy import func, select

from core.database import db
from reservations.booking.models import Reservation, Status
from reservations.series.book import bookings_of
from reservations.series.models import Series
from tests.factories import a_car
from tests.reservations.made import TOMORROW, booked
from tests.reservations.pages import browser_of, hidden_fields, words_of

DAYS = "start=2026-11-25T12:00&end=2026-11-25T15:00&day=2&until=2026-12-09"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def address(days: str = DAYS) -> str:
    return f"/cars/{a_car().slug}/repeat?{days}"


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Reservation)) or 0


def test_the_booking_page_leads_to_it_and_each_days_price_and_their_sum_are_shown_and_booked(browser, street):
    assert f"/cars/{a_car().slug}/repeat?" in browser.get(f"/cars/{a_car().slug}/book?{DAYS}").text
    page = browser.get(address())
    prices = [int(cents.replace(".", "").replace(",", "")) for cents in re.findall(
        r"<td>\$([\d,.]+)</td>", page.text.split('id="series"', 1)[1])]
    assert len(prices) == 4
    assert sum(prices[:3]) == prices[3]
    answer = browser.fill_in(address())
    series = db.session.scalars(select(Series)).one()
    assert answer.headers["Location"] == f"/series/{series.id}"
    assert [trip.price_cents for trip in bookings_of(series)] == prices[:3]
    shown = browser.get(f"/series/{series.id}").text
    assert all(f"/trips/{trip.reference}/cancel" in shown for trip in bookings_of(series))


def test_a_form_that_is_sent_twice_makes_one_series(browser, street):
    typed = hidden_fields(browser.get(address()).text)
    first = browser.send(address(), method="POST", data=typed)
    second = browser.send(address(), method="POST", data=typed)
    assert first.headers["Location"] == second.headers["Location"]
    assert count() == 3


def test_a_day_that_is_taken_comes_with_ways_on_that_work(browser, street, people):
    booked(people.member(), span=TOMORROW)
    page = browser.get(address())
    assert "3 days, 2 free" in words_of(page)
    assert "Taken" in words_of(page)
    browser.fill_in(address())
    series = db.session.scalars(select(Series)).one()
    shown = browser.get(f"/series/{series.id}")
    assert "1 day without a booking" in words_of(shown)
    main = shown.text.split("<main", 1)[1].split("</main>", 1)[0]
    ways = [way.replace("&amp;", "&") for way in re.findall(r'href="(/waitlist/join[^"]+|/cars[^"]+)"', main)]
    assert any(way.startswith("/waitlist/join") for way in ways)
    assert {browser.get(way).status_code for way in ways} == {200}


@pytest.mark.parametrize(("days", "says"), [
    (DAYS.replace("2026-12-09", "2026-11-25"), "two or more"),
    (DAYS.replace("day=2", "day=0&day=1&day=2&day=3&day=4&day=5").replace("2026-12-09", "2027-01-09"), "at most"),
    (DAYS.replace("2026-12-09", "9999-12-31"), "Bookings open until"),
    (DAYS.replace("2026-12-09", "soon"), "Type it like"),
    (DAYS.replace("day=2&until=2026-12-09", "day=2&until=2027-06-09"), "Bookings open until"),
])
def test_days_that_make_no_series_are_said_why_and_nothing_is_booked(browser, street, days, says):
    page = browser.get(address(days))
    assert page.status_code == 422
    assert says in words_of(page)


def test_a_clock_change_inside_is_shown_before_it_is_booked(browser, street):
    page = browser.get(f"/cars/{a_car().slug}/repeat?start=2027-03-07T02:30&end=2027-03-07T05:00&day=6&until=2027-03-21")
    assert "The clocks go forward over that time" in words_of(page)
    assert "3 days, 2 free" in words_of(page)


def test_all_that_are_left_are_cancelled_at_what_was_shown(browser, street):
    browser.fill_in(address())
    series = db.session.scalars(select(Series)).one()
    page = browser.get(f"/series/{series.id}/cancel")
    assert "Cancel 3 bookings" in words_of(page)
    assert browser.fill_in(f"/series/{series.id}/cancel").headers["Location"] == f"/series/{series.id}"
    db.session.rollback()
    assert {trip.status for trip in bookings_of(series)} == {Status.CANCELLED}
    assert browser.get(f"/series/{series.id}/cancel").status_code == 302


def test_somebody_elses_series_is_not_there(site, browser, street, clock, people):
    browser.fill_in(address())
    series = db.session.scalars(select(Series)).one()
    other = browser_of(site, people.member("Bo Lindqvist").user, clock)
    assert other.get(f"/series/{series.id}").status_code == 404
    assert other.post(f"/series/{series.id}/cancel", fee_cents="0").status_code == 404


def test_prices_that_are_too_old_are_shown_anew_and_nothing_is_booked(browser, street, clock):
    typed = hidden_fields(browser.get(address()).text)
    clock.forward(minutes=16)
    answer = browser.send(address(), method="POST", data=typed)
    assert answer.status_code == 409
    assert count() == 0
