"""The booking page: what was shown is what is booked; a clear word and nothing lost when it cannot be."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.time import Span, service_clock
from experience.record.models import Event
from fleet.calendar.models import Occupancy
from portal.account.models import MemberStatus, Plan
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation, Status, Waiver
from tests.factories import NOON, PASSWORD, a_car, hours
from tests.fleet.made import driving
from tests.reservations.made import TOMORROW, booked, offered, steps
from tests.reservations.pages import browser_of, hidden_fields, words_of

ADDRESS = "/cars/acorn/book"
WISH = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}
TIMED = f"{ADDRESS}?start=2026-11-25T12:00&end=2026-11-25T15:00"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def count(table=Reservation) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


def status_of(trip: Reservation) -> str:
    db.session.refresh(trip)
    return trip.status


def test_the_price_on_the_page_is_the_price_of_the_booking(browser, ada):
    page = browser.get(ADDRESS, **WISH)
    cents = offered(a_car(name="Acorn"), ada).price(a_car(name="Acorn"), "included").total.cents
    assert f"Book for ${cents // 100}.{cents % 100:02}" in words_of(page) + " " + " ".join(
        page.text.replace("<span data-total-shown>", "").replace("</span>", "").split())
    answer = browser.fill_in(TIMED, waiver="included")
    trip = db.session.scalars(select(Reservation)).one()
    assert answer.headers["Location"] == f"/trips/{trip.reference}"
    assert (trip.price_cents, trip.span) == (cents, hours(24, 27))


@pytest.mark.one_database
@pytest.mark.parametrize("waiver", Waiver)
def test_the_chosen_cover_is_booked(browser, waiver):
    browser.fill_in(TIMED, waiver=waiver)
    assert db.session.scalars(select(Reservation)).one().waiver == waiver


def test_looking_at_a_price_writes_no_business(browser):
    before = {table: count(table) for table in (Reservation, Occupancy)}
    browser.get(ADDRESS, **WISH)
    assert {table: count(table) for table in before} == before


@pytest.mark.one_database
@pytest.mark.parametrize("typed", [
    {"price_cents": "1", "total": "1", "amount": "0.01"}, {"start": "2026-11-25T12:00", "end": "2026-11-30T12:00"},
    {"member_id": "1", "status": "returned", "currency": "EUR"}, {"plan": "free"},
])
def test_what_else_is_typed_into_the_form_changes_nothing(browser, ada, typed):
    browser.fill_in(TIMED, waiver="included", **typed)
    trip = db.session.scalars(select(Reservation)).one()
    price = offered(trip.car, ada).price(trip.car, "included").total
    assert (trip.price, trip.span, trip.member_id, trip.status) == (price, hours(24, 27), ada.id, "booked")


@pytest.mark.one_database
def test_a_price_that_is_too_old_is_shown_again_with_the_cover_still_chosen(browser, clock):
    form = hidden_fields(browser.get(ADDRESS, **WISH).text)
    clock.forward(minutes=16)
    answer = browser.send(TIMED, method="POST", data=form | {"waiver": "premium"})
    assert answer.status_code == 409
    assert "Here is today’s price. Check it and book." in answer.text
    assert count() == 0
    assert 'value="premium" checked' in answer.text
    again = browser.send(TIMED, method="POST", data=hidden_fields(answer.text) | {"waiver": "premium"})
    assert again.status_code == 302
    assert db.session.scalars(select(Reservation)).one().waiver == "premium"


@pytest.mark.one_database
def test_two_tabs_one_old_one_new_book_once_each_and_at_their_own_times(browser, clock):
    old = hidden_fields(browser.get(ADDRESS, **WISH).text)
    clock.forward(minutes=16)
    other = f"{ADDRESS}?start=2026-11-25T16:00&end=2026-11-25T17:00"
    new = hidden_fields(browser.get(other).text)
    assert browser.send(TIMED, method="POST", data=old | {"waiver": "included"}).status_code == 409
    assert browser.send(other, method="POST", data=new | {"waiver": "included"}).status_code == 302
    assert db.session.scalars(select(Reservation)).one().span == hours(28, 29)


@pytest.mark.one_database
@pytest.mark.parametrize("offer", ["", "forged", "W10.abc", "A" * 4096, "' OR 1=1 --"])
def test_a_forged_price_is_shown_todays_instead(browser, offer):
    answer = browser.fill_in(TIMED, waiver="included", offer=offer)
    assert answer.status_code == 409
    assert "Here is today’s price" in answer.text
    assert count() == 0


@pytest.mark.one_database
def test_another_cars_price_does_not_book_this_one(browser):
    other = hidden_fields(browser.get("/cars/basil/book", **WISH).text)
    answer = browser.send(TIMED, method="POST", data=other | {"waiver": "included"})
    assert (answer.status_code, count()) == (409, 0)


@pytest.mark.one_database
def test_the_price_of_another_plan_is_of_no_use(site, browser, people, clock):
    payg = browser_of(site, people.member(plan=Plan.PAY_AS_YOU_GO).user, clock)
    form = hidden_fields(browser.get(ADDRESS, **WISH).text)
    answer = payg.send(TIMED, method="POST", data=hidden_fields(payg.get(TIMED).text) | {
        "offer": form["offer"], "waiver": "included"})
    assert (answer.status_code, count()) == (409, 0)


def test_an_offer_that_ran_out_is_a_refused_step(browser, clock):
    form = hidden_fields(browser.get(ADDRESS, **WISH).text)
    clock.forward(minutes=16)
    browser.send(TIMED, method="POST", data=form | {"waiver": "included"})
    refused = db.session.scalars(select(Event).where(Event.phase == "refused")).one()
    assert (refused.step, refused.error_code, refused.facts["fields"]) == ("book.confirm", "fields", "offer")


@pytest.mark.one_database
@pytest.mark.parametrize("waiver", ["", "gold", "x" * 4096])
def test_a_cover_that_does_not_exist_is_asked_for_again(browser, waiver):
    answer = browser.fill_in(TIMED, waiver=waiver)
    assert (answer.status_code, count()) == (422, 0)
    assert hidden_fields(answer.text)["offer"]


def test_the_form_posted_twice_books_once_and_both_answers_lead_to_the_trip(browser):
    form = hidden_fields(browser.get(ADDRESS, **WISH).text) | {"waiver": "included"}
    answers = [browser.send(TIMED, method="POST", data=form) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert (count(), count(Occupancy)) == (1, 1)


def test_the_same_form_posted_twenty_times_at_once_books_once(site, ada, browser, clock):
    form = hidden_fields(browser.get(ADDRESS, **WISH).text) | {"waiver": "included"}
    cookie = browser.client.get_cookie("roundtrip").value
    answers, ready = [], threading.Barrier(20)

    def send() -> None:
        client = site.test_client()
        client.set_cookie("roundtrip", cookie)
        ready.wait(20)
        with service_clock(clock):
            answers.append(client.post(TIMED, data=form))
        # the thread's connections go back to the pool with its context

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert (count(), count(Occupancy)) == (1, 1)
    assert [step for step in steps() if step[0] == "book.confirm"].count(("book.confirm", "succeeded", None)) == 1


def test_a_car_that_has_just_gone_is_refused_kindly_with_others_nearby(browser, people):
    form = hidden_fields(browser.get(ADDRESS, **WISH).text)
    booked(people.member(), a_car(name="Acorn"), hours(25, 26))
    answer = browser.send(TIMED, method="POST", data=form | {"waiver": "included"})
    words = words_of(answer)
    assert answer.status_code == 409
    assert "Acorn has just gone" in words
    assert "Someone was a little faster" in words
    assert "Nothing was booked and nothing is charged." in words
    assert answer.text.count("/cars/") >= 3
    assert "start=2026-11-25T12" in answer.text.replace("%3A", ":")
    assert count() == 1


def test_a_car_that_is_not_back_is_refused_with_others_nearby(browser, people):
    form_at = f"{ADDRESS}?start=2026-11-24T12:30&end=2026-11-24T14:00"
    form = hidden_fields(browser.get(form_at).text)
    driving(a_car(name="Acorn"), people.member(), hours(-3, -0.25))
    answer = browser.send(form_at, method="POST", data=form | {"waiver": "included"})
    assert answer.status_code == 409
    assert "This car is not back yet" in words_of(answer)


@pytest.mark.one_database
def test_applicants_are_told_what_is_missing(site, people, clock):
    applicant = browser_of(site, people.member(status=MemberStatus.APPLICANT).user, clock)
    answer = applicant.fill_in(TIMED, waiver="included")
    assert answer.status_code == 403
    assert "Your membership is not active" in words_of(answer)
    assert count() == 0


@pytest.mark.one_database
@pytest.mark.parametrize(("args", "words"), [
    ({"start": "2026-11-23T12:00", "end": "2026-11-25T12:00"}, "has passed"),
    ({"start": "2026-11-25T12:00", "end": "2026-11-25T11:00"}, "before you start"),
    ({"start": "2026-11-25T12:00", "end": "2036-11-25T12:00"}, "at most"),
    ({"start": "2026-11-25T12:00", "end": "2026-11-25T12:15"}, "or longer"),
    ({"start": "2027-11-25T12:00", "end": "2027-11-25T13:00"}, "days ahead"),
    ({"start": "2027-03-14T02:15", "end": "2027-03-14T05:00"}, "does not exist"),
    ({"start": "2026-11-25T12:07", "end": "2026-11-25T15:00"}, "quarter-hour"),
    ({"start": "2026-11-25T12:00+05:07", "end": "2026-11-25T15:00+05:07"}, "quarter-hour"),
    ({"start": "soon", "end": "2026-11-25T15:00"}, "could not read that time"),
    ({"start": "NaN", "end": "1e400"}, "could not read that time"),
    ({"start": "' OR 1=1 --", "end": ""}, "could not read that time"),
    ({"start": "x" * 4096, "end": ""}, "could not read that time"),
    ({"start": "0001-01-01T00:00+23:59", "end": "9999-12-31T23:59-23:59"}, "could not read that time"),
])
def test_times_that_do_not_work_lead_to_the_cars_page_which_says_why(browser, args, words):
    asked = browser.get(ADDRESS, **args)
    assert asked.status_code == 302
    page = browser.send(asked.headers["Location"])
    assert page.status_code == 422
    assert words in words_of(page)


@pytest.mark.one_database
def test_what_a_visitor_writes_into_the_address_does_not_steer_the_way_on(browser):
    args = {"start": "x", "slug": "basil", "endpoint": "site.home", "_external": "1", "_scheme": "javascript",
            "_anchor": "x", "_method": "POST"}
    asked = browser.get(ADDRESS, **args)
    assert (asked.status_code, asked.headers["Location"]) == (302, "/cars/acorn?start=x")


@pytest.mark.one_database
def test_when_the_start_has_passed_meanwhile_the_page_says_so(browser, clock):
    at = f"{ADDRESS}?start=2026-11-24T12:00&end=2026-11-24T14:00"
    form = hidden_fields(browser.get(at).text)
    clock.forward(minutes=31)
    answer = browser.send(at, method="POST", data=form | {"waiver": "included"})
    assert answer.status_code == 302
    assert "has passed" in words_of(browser.send(answer.headers["Location"]))


@pytest.mark.one_database
@pytest.mark.parametrize(("fold", "start"), [("0", 6), ("1", 7)])
def test_the_hour_that_happens_twice_is_asked_about_and_then_booked_as_chosen(browser, clock, fold, start):
    clock.at = datetime(2027, 10, 20, 18, tzinfo=UTC)
    args = {"start": "2027-11-07T01:30", "end": "2027-11-07T05:00"}
    page = browser.send(browser.get(ADDRESS, **args).headers["Location"])
    assert page.status_code == 422
    assert "01:30 happens twice on that day: the clocks go back. Say which one you mean." in words_of(page)
    assert 'value="2027-11-07T01:30"' in page.text
    assert 'name="start_fold" value="1"' in page.text
    browser.fill_in(f"{ADDRESS}?start=2027-11-07T01:30&end=2027-11-07T05:00&start_fold={fold}", waiver="included")
    trip = db.session.scalars(select(Reservation)).one()
    assert trip.span == Span(datetime(2027, 11, 7, start, 30, tzinfo=UTC), datetime(2027, 11, 7, 11, tzinfo=UTC))


@pytest.mark.one_database
def test_a_booking_without_times_is_for_now(browser, clock):
    clock.at = NOON + timedelta(minutes=3)
    browser.fill_in(ADDRESS, waiver="included")
    assert db.session.scalars(select(Reservation)).one().span == hours(0, 2)  # the quarter-hour just begun


@pytest.mark.one_database
def test_a_trip_for_now_is_held_while_the_member_chooses_a_cover(browser, clock):
    clock.at = NOON + timedelta(minutes=4)
    form = hidden_fields(browser.get(ADDRESS).text)
    clock.at = NOON + timedelta(minutes=16)
    assert browser.send(ADDRESS, method="POST", data=form | {"waiver": "plus"}).status_code == 302
    trip = db.session.scalars(select(Reservation)).one()
    assert (trip.span, trip.waiver) == (hours(0, 2), "plus")


@pytest.mark.one_database
def test_times_that_ran_out_meanwhile_lead_to_the_cars_page_with_a_word(browser, clock):
    clock.at = NOON + timedelta(minutes=15)
    at = f"{ADDRESS}?start=2026-11-24T12:00&end=2026-11-24T12:30"
    form = hidden_fields(browser.get(at).text)
    clock.at = NOON + timedelta(minutes=30)
    answer = browser.send(at, method="POST", data=form | {"waiver": "included"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/cars/acorn?start=2026-11-24T12:00")
    page = browser.send(answer.headers["Location"])
    assert "Nothing was booked. Tue, Nov 24, 12:30 PM has passed. Pick a later time." in page.text
    assert "Acorn" in words_of(page)
    assert count() == 0


@pytest.mark.parametrize("slug", ["nobody", "x" * 4096, "%27%20OR%201=1", "..%2f..%2fetc", "%F0%9F%9A%97"])
def test_a_car_that_does_not_exist_is_not_found(browser, slug):
    for address in (f"/cars/{slug}", f"/cars/{slug}/book"):
        answer = browser.get(address)
        assert answer.status_code == 404
        assert "There is nothing at this address." in words_of(answer)


@pytest.mark.one_database
def test_a_fee_that_rose_since_the_page_was_opened_is_shown_again_first(browser, ada, clock):
    trip = booked(ada)
    at = f"/trips/{trip.reference}/cancel"
    clock.at = trip.starts_at - timedelta(hours=3)
    form = hidden_fields(browser.get(at).text)
    assert form["fee_cents"] == "0"
    clock.forward(minutes=1)
    answer = browser.send(at, method="POST", data=form)
    words = words_of(answer)
    assert answer.status_code == 409
    assert f"Nothing was cancelled: it costs ${trip.price_cents / 100:.2f} now." in words
    assert "The page you sent said $0.00. The free time ended Wed, Nov 25, 9:00 AM." in words
    assert status_of(trip) == Status.BOOKED
    again = hidden_fields(answer.text)
    assert again["fee_cents"] == str(trip.price_cents)
    assert browser.send(at, method="POST", data=again).status_code == 302
    assert status_of(trip) == Status.CANCELLED


@pytest.mark.one_database
@pytest.mark.parametrize(("fee", "status"), [
    ("x", 422), ("-1", 422), ("1.5", 422), ("9" * 400, 422), ("9" * 5000, 422), ("", 409), ("0", 409)])
def test_a_fee_that_was_never_shown_cancels_nothing(browser, ada, clock, fee, status):
    trip = booked(ada)
    clock.at = trip.starts_at - timedelta(hours=1)
    answer = browser.fill_in(f"/trips/{trip.reference}/cancel", fee_cents=fee)
    assert (answer.status_code, status_of(trip)) == (status, Status.BOOKED)
    assert hidden_fields(answer.text)["fee_cents"] == str(trip.price_cents)


@pytest.mark.one_database
def test_the_password_never_reaches_a_page(browser):
    assert PASSWORD not in browser.get(ADDRESS, **WISH).text


@pytest.mark.one_database
def test_a_car_that_is_taken_says_so_before_a_cover_is_chosen(browser, people):
    booked(people.member(), a_car(name="Acorn"), TOMORROW)
    page = browser.get("/cars/acorn/book", start="2026-11-25T13:00", end="2026-11-25T14:00")
    assert page.status_code == 409
    assert "Acorn is taken" in words_of(page)
    assert "Free nearby for" in words_of(page)
    assert 'name="waiver"' not in page.text


@pytest.mark.one_database
def test_the_page_of_what_one_has_booked_oneself_leads_to_the_trip(browser, ada):
    trip = booked(ada, a_car(name="Acorn"), TOMORROW)
    page = browser.get("/cars/acorn/book", start="2026-11-25T13:00", end="2026-11-25T14:00")
    assert page.headers["Location"] == f"/trips/{trip.reference}"
    assert "You have booked Acorn already" in browser.get(page.location).text


@pytest.mark.one_database
def test_a_second_tab_leads_to_the_trip_that_the_first_one_booked_and_speaks_of_nobody_faster(browser):
    first, second = (hidden_fields(browser.get(TIMED).text) for _tab in range(2))
    trip = browser.send(TIMED, method="POST", data=first | {"waiver": "included"}).headers["Location"]
    answer = browser.send(TIMED, method="POST", data=second | {"waiver": "included"})
    assert answer.headers["Location"] == trip
    assert "You have booked Acorn already" in browser.get(trip).text
    assert "You have booked it already" in words_of(browser.get("/cars/acorn", **WISH))
    assert "/waitlist/join" not in browser.get("/cars/acorn", **WISH).text


@pytest.mark.one_database
def test_a_trip_of_ones_own_at_that_time_is_mentioned_and_forbids_nothing(browser, ada, people):
    other, theirs = a_car(name="Alder"), a_car(name="Aster")
    booked(ada, other, hours(26, 28))
    booked(people.member("Cy Park"), theirs, hours(24, 27))
    said = words_of(browser.get(TIMED))
    assert "You have Alder for Wed, Nov 25, 2:00 PM – 4:00 PM already." in said
    assert "Aster" not in said
    assert browser.fill_in(TIMED, waiver="included").status_code == 302
    assert count() == 3


@pytest.mark.one_database
def test_a_cancel_page_sent_after_the_car_was_freed_leads_to_what_became_of_it(browser, ada, clock):
    trip = booked(ada)
    form = hidden_fields(browser.get(f"/trips/{trip.reference}/cancel").text)
    with transaction():
        trip.status, trip.occupancy_id, trip.cancelled_at = Status.NO_SHOW, None, NOON
    answer = browser.send(f"/trips/{trip.reference}/cancel", method="POST", data=form)
    assert answer.headers["Location"] == f"/trips/{trip.reference}"


@pytest.mark.one_database
def test_what_cannot_be_counted_on_is_cancelled_without_a_time_that_may_not_hold(browser, ada):
    trip = booked(ada)
    with transaction():
        trip.at_risk_since = NOON
    words = words_of(browser.get(f"/trips/{trip.reference}/cancel"))
    assert "because you cannot count on the car" in words
    assert "free until" not in words


@pytest.mark.one_database
def test_booking_again_says_when_it_is_another_car(browser, people, ada, clock):
    trip = booked(ada, a_car(name="Acorn"), TOMORROW)
    cancel(reservation=trip, now=NOON)
    booked(people.member(), a_car(name="Acorn"), hours(0, 6))
    page = browser.get(f"/trips/{trip.reference}/again")
    assert "Acorn cannot be had then." in words_of(page)
    assert "Acorn: Next free for 3 h: Tue, Nov 24, 6:00 PM" in words_of(page)
