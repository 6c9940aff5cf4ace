"""What a trip costs while it runs: what is shown is what the bill would say."""

from datetime import timedelta

import pytest

from core.money import Money
from reservations.trip.cost_now import cost_now
from reservations.trip.queries import trip_of
from tests.factories import hours
from tests.reservations.made import TOMORROW, Street, a_street, booked
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def test_before_it_begins_and_after_it_ended_there_is_nothing_to_show(street, people):
    trip = booked(people.member())
    assert cost_now(trip, street.clock()) is None
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    assert cost_now(trip, street.clock()) is None


def test_within_its_time_and_miles_it_costs_what_was_quoted(street, people):
    trip = booked(people.member())
    street.unlocked(trip)
    street.drives(trip, miles=12, minutes=155)  # what is left is too short to come back
    cost = cost_now(trip, street.clock())
    assert (cost.so_far, cost.miles, cost.miles_left, cost.unused) == (trip.price, 12, 188, True)


def test_half_of_the_time_that_is_left_is_taken_off(street, people):
    trip = booked(people.member())
    street.unlocked(trip)
    street.drives(trip, miles=12, minutes=25)
    cost = cost_now(trip, street.clock())
    assert trip.price - cost.so_far == Money(1125 + 101 + 56)  # of 2.5 h at $9.00, with 9 % and 5 % of taxes
    street.returned(trip, street.clock())
    assert trip_of(trip).total_cents == cost.so_far.cents


@pytest.mark.parametrize(("miles", "late", "waits"), [(0, 50, False), (230, 0, False), (230, 50, False), (0, 50, True),
                                                      (210, 33, True)])
def test_what_is_shown_is_what_the_bill_says_when_it_comes_back_then(street, people, miles, late, waits):
    trip = booked(people.member())
    if waits:
        booked(people.member(), trip.car, hours(27, 29))
    street.unlocked(trip)
    if miles:
        street.drives(trip, miles=miles, minutes=150)
    street.clock.at = trip.ends_at + timedelta(minutes=late)
    street.fills(trip, 90)
    shown = cost_now(trip, street.clock())
    street.returned(trip, street.clock())
    assert trip_of(trip).total_cents == shown.so_far.cents


def test_staying_longer_costs_what_is_said_of_it(street, people):
    trip = booked(people.member())
    street.unlocked(trip)
    cost = cost_now(trip, street.clock())
    assert cost.longer_until == TOMORROW.end + timedelta(minutes=15)
    street.fills(trip, 90)
    street.returned(trip, cost.longer_until)
    assert trip_of(trip).total_cents == trip.price_cents + cost.longer.cents


def test_the_page_says_what_longer_and_late_cost(site, street, people):
    ada = people.member()
    trip = booked(ada)
    street.unlocked(trip)
    page = words_of(browser_of(site, ada.user, street.clock).get(f"/trips/{trip.reference}"))
    assert "Nobody has booked it after you, so being late costs nothing on top." in page
    booked(people.member(), trip.car, hours(27, 29))
    page = words_of(browser_of(site, ada.user, street.clock).get(f"/trips/{trip.reference}"))
    assert "costs $10.00 a quarter-hour on top" in page
