"""Driving away is known from the car's box: once for each trip, and measured when it was seen in time."""

from datetime import timedelta

import pytest

from experience.journey import Step
from reservations.trip.drive_away import note_driven_off
from tests.experience.given import log
from tests.reservations.made import a_street, booked


@pytest.fixture
def street(app, clock):
    return a_street(app, clock)


def _away():
    return [event for event in log(Step.PICKUP_DRIVE_AWAY) if event.phase == "succeeded"]


def test_a_car_that_moves_after_it_was_opened_has_driven_away_once(people, street):
    trip = street.unlocked(booked(people.member()))
    assert note_driven_off(street.clock()) == 0
    street.drives(trip, 1, 4)
    street.work()
    (event,) = _away()
    assert (event.actual, event.expected, event.unit) == (4.0, 5, "min")
    assert event.objects[0]["qualifier"] == "drove_off"
    street.drives(trip, 5, 10)
    assert note_driven_off(street.clock() + timedelta(minutes=1)) == 0
    assert len(_away()) == 1


@pytest.mark.one_database
def test_of_a_car_that_was_seen_late_only_that_it_left_is_known(people, street):
    trip = street.unlocked(booked(people.member()))
    street.drives(trip, 40, 60)
    street.work()
    (event,) = _away()
    assert event.actual is None
