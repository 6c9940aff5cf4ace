"""When a car that is taken can be had next: found by the rule, said on every page that says it is taken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken
from fleet.tariffs.quote import NOBODY
from reservations.search.find import offers_for
from reservations.search.first_gap import first_gap
from reservations.search.nearby import Nearby
from reservations.search.next_free import next_free
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, words_of

FAR = NOON + timedelta(days=180)
NONE, HALF = timedelta(0), timedelta(minutes=30)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(("taken", "turnaround", "expected"), [
    ([], NONE, (0, 2)),
    ([(-2, 0)], NONE, (0, 2)),  # ends as ours begins
    ([(2, 4)], NONE, (0, 2)),  # begins as ours ends
    ([(2, 4)], HALF, (4, 6)),  # but the car has to stand before that
    ([(2.5, 4)], HALF, (0, 2)),
    ([(1, 3)], NONE, (3, 5)),
    ([(1, 3), (4, 5), (7, 8)], NONE, (5, 7)),  # the gap of an hour is too short, that of two is not
    ([(1, 3), (4, 5), (7, 8)], HALF, (8, 10)),
    ([(-1, 3.1)], NONE, (3.25, 5.25)),  # trips begin on the quarter-hour
])
def test_the_first_gap_is_the_first_that_is_long_enough(taken, turnaround, expected):
    spans = [hours(*pair) for pair in taken]
    assert first_gap(spans, hours(0, 2), turnaround=turnaround, until=FAR) == hours(*expected)


def test_what_would_start_after_bookings_end_is_none():
    assert first_gap([hours(0, 50)], hours(0, 2), turnaround=NONE, until=NOON + timedelta(hours=49)) is None


@given(st.lists(st.integers(1, 20), max_size=12), st.integers(2, 30), st.integers(0, 8))
def test_no_earlier_quarter_hour_would_have_done(lengths, wished, rest):
    """Against brute force: every quarter-hour from the start on is tried."""
    at, spans = NOON, []
    for n, length in enumerate(lengths):
        if n % 2:
            spans.append(Span(at, at + length * QUARTER))
        at += length * QUARTER
    wish, turnaround = Span(NOON, NOON + wished * QUARTER), rest * QUARTER
    tried = (wish.shifted(n * QUARTER) for n in range(10_000))
    first = next(one for one in tried if not any(
        span.overlaps(Span(one.start, one.end + turnaround)) for span in spans))
    assert first_gap(spans, wish, turnaround=turnaround, until=datetime(2099, 1, 1, tzinfo=UTC)) == first


@pytest.fixture
def taken(people):
    """Acorn is taken tomorrow from noon to three, and from five to eight."""
    for span in (hours(24, 27), hours(29, 32)):
        booked(people.member("Bo Lindqvist"), a_car(name="Acorn"), span)
    return a_car(name="Acorn")


WISH = hours(24, 27)
WHEN = {"start": "2026-11-25T12:00", "end": "2026-11-25T15:00"}
SAYS = "Next free for 3 h: Wed, Nov 25, 8:00 PM"


def test_the_next_free_time_can_be_booked_and_nothing_before_it(app, people, taken):
    ada = people.member()
    (span,) = next_free(offers_for([Nearby(taken, 0.0)], WISH, ada.plan, NOON, NOBODY), WISH, NOON).values()
    with pytest.raises(CarTaken):
        booked(ada, taken, span.shifted(-QUARTER))
    assert booked(ada, taken, span).span == hours(32, 35)


def test_a_car_that_can_be_had_has_no_next_time(app):
    assert next_free(offers_for([Nearby(a_car(name="Acorn"), 0.0)], WISH, "payg", NOON, NOBODY), WISH, NOON) == {}


@pytest.mark.one_database
@pytest.mark.parametrize("address", ["/cars/acorn", "/cars/acorn/book"])
def test_a_car_that_is_taken_says_when_it_is_free_next(site, people, clock, taken, address):
    page = browser_of(site, people.member().user, clock).get(address, **WHEN)
    assert SAYS in words_of(page)
    assert "start=2026-11-25T20:00-06:00" in page.text


@pytest.mark.one_database
def test_so_does_its_card_in_the_search_and_at_its_lot(site, people, clock, taken):
    browser = Browser(site.test_client(), clock)
    assert SAYS in words_of(browser.get("/cars", lat=taken.lat, lng=taken.lng, radius=300, **WHEN))
    booked(people.member(), taken, hours(0, 4))
    assert "Next free for 2 h: Wed, Nov 25, 8:00 PM" not in words_of(browser.get(f"/lots/{taken.lot.slug}"))
    assert "Next free for 2 h: Tue, Nov 24, 4:00 PM" in words_of(browser.get(f"/lots/{taken.lot.slug}"))


@pytest.mark.one_database
def test_one_read_tells_it_of_all_cards(app, people):
    cars = [a_car(name=name) for name in ("Acorn", "Basil", "Alder", "Aster") if a_car(name=name)]
    for car in cars:
        booked(people.member(), car, WISH)
    counts = []
    for some in (cars[:1], cars):
        offers, asked = offers_for([Nearby(car, 0.0) for car in some], WISH, "payg", NOON, NOBODY), []
        listen = lambda _c, _cur, statement, *_rest: asked.append(statement)  # noqa: B023, E731
        event.listen(db.engine, "before_cursor_execute", listen)
        assert len(next_free(offers, WISH, NOON)) == len(some)
        event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len([one for one in asked if "occupancies" in one]))
    assert counts == [1, 1]


def test_a_car_whose_driver_is_late_is_not_promised_within_the_hour(app, street, people, clock):
    trip = street.unlocked(booked(people.member("Bo Lindqvist"), a_car(name="Acorn"), hours(1, 2)))
    clock.at = trip.ends_at + timedelta(minutes=16)
    wish = Span(NOON + timedelta(hours=2, minutes=15), NOON + timedelta(hours=4, minutes=15))
    with transaction():
        offers = offers_for([Nearby(a_car(name="Acorn"), 0.0)], wish, "payg", clock(), NOBODY)
        assert next_free(offers, wish, clock())[trip.car_id].start == NOON + timedelta(hours=3, minutes=30)
