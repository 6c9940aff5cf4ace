"""A car stands for its turnaround after each trip: nobody books it, goes in early, or is told that a stranger has it."""

from datetime import timedelta

import pytest
from flask import current_app

from core.database import db, transaction
from fleet.calendar.hold import CarTaken, free_gaps, taken_spans
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import NOBODY
from fleet.telematics.port import Action
from reservations.search.availability import State
from reservations.search.cards import card
from reservations.search.find import offers_for
from reservations.search.nearby import Nearby
from reservations.trip.ask_car import in_the_way, previous_end
from reservations.trip.errors import TooEarly
from reservations.trip.rules import opens_at
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

HALF = timedelta(minutes=30)


@pytest.fixture
def car(app):
    """A car in a lot where each stands for half an hour."""
    acorn = a_car(name="Acorn")
    with transaction():
        acorn.lot.turnaround_minutes = 30
    return acorn


def found(car, wish):
    offer = offers_for([Nearby(car, 0.0)], wish, "regular", NOON, NOBODY)[0]
    with current_app.test_request_context():
        return offer, card(offer, wish)


def test_a_booking_holds_its_turnaround_and_ends_when_its_member_says(people, car):
    trip = booked(people.member("Ada"), car, hours(24, 27))
    [held] = taken_spans([car.id], hours(0, 99))[car.id]
    assert (trip.span, held.span, held.turnaround) == (hours(24, 27), hours(24, 27.5), hours(27, 27.5))
    for span in (hours(27.25, 29), hours(21, 23.75)):  # in its turnaround; into its time with one's own
        with pytest.raises(CarTaken):
            booked(people.member("Bob"), car, span)
    assert booked(people.member("Cyd"), car, hours(27.5, 29)).span == hours(27.5, 29)
    assert booked(people.member("Dan"), car, hours(21, 23.5)).span == hours(21, 23.5)


@pytest.mark.parametrize(("wish", "state", "words"), [
    (hours(27.5, 29), State.FREE, "Free"),
    (hours(21, 23.5), State.FREE, "Free"),
    (hours(27.25, 29), State.ALMOST, "Almost: 3:30 PM – 5:15 PM"),
    (hours(21, 23.75), State.ALMOST, "Almost: 8:45 AM – 11:30 AM"),
    (hours(24, 26), State.TAKEN, "Taken until 3:30 PM"),
])
def test_search_judges_a_wish_with_its_turnaround(people, car, wish, state, words):
    booked(people.member(), car, hours(24, 27))
    offer, shown = found(car, wish)
    assert (offer.availability.state, shown.state_words) == (state, words)


def test_words_and_charts_say_turnaround_rather_than_a_strangers_trip(people, car):
    booked(people.member("Ada"), car, hours(24, 27))
    booked(people.member("Bob"), car, hours(28, 29))
    offer, shown = found(car, hours(27, 27.5))
    assert (offer.availability.state, shown.state_words) == (State.TAKEN, "Turnaround until 3:30 PM")
    assert [(bar.kind, bar.words) for bar in shown.bars] == [
        ("t", "Taken 12:00 PM to 3:00 PM"), ("t", "Taken 4:00 PM to 5:00 PM"),
        ("r", "Turnaround 3:00 PM to 3:30 PM"), ("r", "Turnaround 5:00 PM to 5:30 PM")]
    with transaction():
        car.lot.turnaround_minutes = 120  # what was booked before keeps what it holds
    offer, shown = found(car, hours(20, 23))
    assert (offer.availability.state, shown.state_words) == (State.ALMOST, "Almost: 7:00 AM – 10:00 AM")
    with transaction():
        car.lot.turnaround_minutes = 240
    assert found(car, hours(19.75, 22))[1].state_words == "Needed back by 8:00 AM"


def test_nobody_goes_in_early_while_the_car_is_made_ready(people, car):
    booked(people.member("Ada"), car, hours(24, 27))
    mine = booked(people.member("Bob"), car, hours(27.5, 29))
    assert previous_end(mine) == mine.starts_at  # not when Ada's own time ends
    assert opens_at(mine, policies_at(NOON), previous_end(mine)) == mine.starts_at
    assert isinstance(in_the_way(mine, Action.UNLOCK, mine.starts_at - timedelta(minutes=5), checked=True), TooEarly)
    later = booked(people.member("Cyd"), car, hours(30, 31))
    assert opens_at(later, policies_at(NOON), previous_end(later)) == later.starts_at - timedelta(minutes=10)


def test_a_car_that_comes_back_early_stands_for_its_turnaround_and_is_free_after_it(people, car, street):
    trip = street.unlocked(booked(people.member(), car, hours(24, 27)))
    street.returned(trip, at=hours(25, 99).start)
    db.session.refresh(trip)
    assert (trip.status, trip.occupancy_id) == ("returned", None)
    assert free_gaps(car.id, hours(25, 27)) == [hours(25.5, 27)]


def test_the_booking_page_leads_to_other_cars_when_only_the_turnaround_is_in_the_way(site, people, clock, car):
    booked(people.member("Ada"), car, hours(24, 27))
    browser = browser_of(site, people.member("Bob").user, clock)
    answer = browser.get(f"/cars/{car.slug}/book", start="2026-11-25T09:00-06:00", end="2026-11-25T11:45-06:00")
    assert (answer.status_code, "taken" in words_of(answer).lower()) == (409, True)
    answer = browser.get(f"/cars/{car.slug}/book", start="2026-11-25T09:00-06:00", end="2026-11-25T11:30-06:00")
    assert answer.status_code == 200
