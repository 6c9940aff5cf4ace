"""Waiting on pages: joined from where a car is taken, one's place, the offer with its price, and the answer."""

import re

import pytest
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from experience.record.models import Event
from portal.messages.models import Message
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation
from reservations.waitlist.models import Wait, WaitState
from reservations.waitlist.queries import open_offer_of
from tests.factories import a_car
from tests.reservations.made import TOMORROW, booked
from tests.reservations.pages import browser_of, words_of

WISH = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}
TIMED = "start=2026-11-25T12:00&end=2026-11-25T15:00"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


@pytest.fixture
def theirs(street, people):
    return booked(people.member("Cy Park"))


def joined(browser) -> Wait:
    """Join the line for the first car through its page."""
    answer = browser.fill_in(f"/waitlist/join?car={a_car().slug}&{TIMED}")
    wait = db.session.scalars(select(Wait)).one()
    assert answer.headers["Location"] == f"/waitlist/{wait.id}"
    return wait


def status_of(wait: Wait) -> str:
    db.session.refresh(wait)
    return wait.state


def test_the_pages_of_a_taken_car_lead_to_the_line_with_its_times(browser, theirs):
    for page in (browser.get(f"/cars/{a_car().slug}", **WISH), browser.get(f"/cars/{a_car().slug}/book", **WISH)):
        link = re.search(rf'href="(/waitlist/join\?car={a_car().slug}[^"]+)"', page.text)
        assert link is not None, page.text[:500]
        assert a_car().name in words_of(browser.get(link[1].replace("&amp;", "&")))


def test_nobody_waits_for_what_they_have_booked_themselves(browser, street, ada):
    address, trip = f"/waitlist/join?car={a_car().slug}&{TIMED}", booked(ada)
    assert browser.get(address).headers["Location"] == f"/trips/{trip.reference}"
    assert browser.post(address, once="a-form-of-before").headers["Location"] == f"/trips/{trip.reference}"
    assert db.session.scalars(select(Wait)).all() == []


def test_an_empty_search_leads_to_the_line_for_any_car_around_the_place(browser, street):
    page = browser.get("/cars", lat="41.9", lng="-87.65", radius="100", seats="15", **WISH)
    link = re.search(r'href="(/waitlist/join\?lat=[^"]+)"', page.text)
    browser.fill_in(link[1].replace("&amp;", "&"))
    wait = db.session.scalars(select(Wait)).one()
    assert (wait.car_id, wait.car_class, wait.within_m, wait.span) == (None, None, 100, TOMORROW)


def test_who_waits_sees_their_place_and_may_leave(browser, theirs, street):
    wait = joined(browser)
    street.work()
    assert "You are next" in words_of(browser.get(f"/waitlist/{wait.id}"))
    assert f'href="/waitlist/{wait.id}"' in browser.get("/trips").text
    browser.post(f"/waitlist/{wait.id}/leave")
    assert status_of(wait) == WaitState.LEFT
    assert "You left the line" in words_of(browser.get(f"/waitlist/{wait.id}"))
    assert f'href="/waitlist/{wait.id}"' not in browser.get("/trips").text


def test_the_letter_leads_to_the_offer_and_what_its_page_shows_is_booked(browser, theirs, street, clock, ada):
    wait = joined(browser)
    street.work()
    clock.forward(hours=1)
    cancel(reservation=theirs, now=clock())
    street.work()
    letter = db.session.scalars(select(Message).where(Message.member_id == ada.id, Message.kind == "wait_offer")).one()
    assert f"/waitlist/{wait.id}" in browser.get(f"/inbox/{letter.id}").text
    page = browser.get(f"/waitlist/{wait.id}")
    offer = open_offer_of(wait)
    assert f"${offer.price_cents // 100}.{offer.price_cents % 100:02}" in words_of(page)
    assert "Held for you until" in words_of(browser.get("/trips"))
    answer = browser.post(f"/waitlist/{wait.id}/accept", waiver="included")
    trip = db.session.scalars(select(Reservation).where(Reservation.member_id == ada.id)).one()
    assert answer.headers["Location"] == f"/trips/{trip.reference}"
    assert (trip.price_cents, trip.car_id) == (offer.price_cents, a_car().id)
    again = browser.post(f"/waitlist/{wait.id}/accept", waiver="included")
    assert again.headers["Location"] == f"/trips/{trip.reference}"
    assert status_of(wait) == WaitState.BOOKED


def test_who_answers_too_late_is_told_so_and_may_wait_again(browser, theirs, street, clock):
    wait = joined(browser)
    street.work()
    cancel(reservation=theirs, now=clock())
    street.work()
    clock.forward(minutes=15)
    answer = browser.post(f"/waitlist/{wait.id}/accept", waiver="included")
    assert answer.headers["Location"] == f"/waitlist/{wait.id}"
    assert "This offer is over" in browser.get(f"/waitlist/{wait.id}").text
    street.work()
    page = browser.get(f"/waitlist/{wait.id}")
    assert "heard nothing" in words_of(page)
    assert "/waitlist/join?car=" in page.text


def test_who_declines_lets_it_go_on(browser, theirs, street, clock):
    wait = joined(browser)
    street.work()
    cancel(reservation=theirs, now=clock())
    street.work()
    browser.post(f"/waitlist/{wait.id}/decline")
    assert status_of(wait) == WaitState.PASSED
    assert "go on to the next one" in words_of(browser.get(f"/waitlist/{wait.id}"))


def test_somebody_elses_wait_is_not_there(site, browser, theirs, clock, people):
    wait = joined(browser)
    other = browser_of(site, people.member("Bo Lindqvist").user, clock)
    assert other.get(f"/waitlist/{wait.id}").status_code == 404
    for act in ("accept", "decline", "leave"):
        assert other.post(f"/waitlist/{wait.id}/{act}").status_code == 404


def test_what_an_address_says_that_does_not_hold_leads_back_to_the_search(browser, street):
    for typed in (f"lat=95&lng=0&{TIMED}", TIMED, f"car={a_car().slug}&start=2026-11-25T12:00&end=2026-11-25T11:00"):
        assert browser.get(f"/waitlist/join?{typed}").headers["Location"].startswith("/cars?")
    assert browser.get(f"/waitlist/join?car=no-such-car&{TIMED}").status_code == 404


def test_an_offer_for_a_trip_that_is_soon_may_wake_its_member(browser, theirs, street, clock, ada):
    joined(browser)
    street.work()
    cancel(reservation=theirs, now=clock())
    street.work()
    letter = db.session.scalars(select(Message).where(Message.member_id == ada.id, Message.kind == "wait_offer")).one()
    assert (letter.urgent, letter.purpose) == (True, "service")
    assert db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "wait_lapse")).one().due_at == open_offer_of(
        db.session.scalars(select(Wait)).one()).lapses_at
    measured = db.session.execute(select(Event.actual, Event.expected).where(
        Event.step == "book.waitlist", Event.actual.is_not(None))).one()
    assert measured == (0, 60)
