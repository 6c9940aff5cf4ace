"""Time that is given back late costs something, until somebody else has it: then each quarter-hour comes back, once."""

from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.time import Span
from experience.promises.kinds import PromiseKind
from experience.promises.models import Promise
from fleet.cars.models import CarState
from fleet.tariffs.in_force import policies_at
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.payments.models import Refund
from reservations.booking.billing import bill_of, given_back_of
from reservations.booking.cancel import cancel, terms
from reservations.booking.change.change import change
from reservations.booking.change.given_back import in_parts, quarters_in
from reservations.booking.change.models import GivenBackQuarter
from reservations.booking.change.proposal import Wish, propose
from reservations.booking.change.refund import rebooked_of
from reservations.booking.models import Reservation
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

HOUR = timedelta(hours=1)


def moved(trip: Reservation, span: Span, now, once="form"):
    return change(reservation=trip, wish=Wish(trip.car, span), shown=None, once=once, now=now)


def at(street, hour: float) -> None:
    """The clock goes on, and the worker does what is due."""
    street.clock.at = NOON + hour * HOUR
    street.work()


@pytest.mark.one_database
def test_parts_of_a_fee_are_equal_to_the_cent_and_together_the_whole():
    starts = quarters_in([hours(0, 1), hours(2, 2.75)])
    parts = in_parts(Money(1000), starts, 7)
    assert [part.starts_at for part in parts] == starts
    assert sum(part.cents for part in parts) == 1000
    assert {part.cents for part in parts} <= {142, 143}


def test_a_trip_made_shorter_in_time_costs_only_what_is_left(app, people):
    trip = booked(people.member(), span=hours(24, 28))
    made = moved(trip, hours(24, 26), NOON + 20 * HOUR)
    assert made.difference_cents < 0
    assert db.session.scalar(select(func.count()).select_from(GivenBackQuarter)) == 0
    assert "fee_given_back" not in [line["code"] for line in trip.quote["lines"]]


def test_a_trip_made_shorter_late_costs_the_same_until_somebody_has_the_rest(street, people):
    ada, bo = people.member(), people.member("Bo Lind")
    trip = booked(ada, span=hours(24, 28))
    at(street, 22)  # two hours before: the free time is over
    made = moved(trip, hours(24, 26), street.clock())
    assert made.difference_cents == 0
    fee = next(line for line in trip.quote["lines"] if line["code"] == "fee_given_back")
    assert sum(line["amount_cents"] for line in trip.quote["lines"]) == trip.price_cents
    other = booked(bo, span=hours(27, 28), now=street.clock())
    assert (other.car_id, other.span) == (trip.car_id, hours(27, 28))  # it is really free for others
    street.returned(street.unlocked(trip))
    assert [line.code for line in bill_of(trip)].count("fee_given_back") == 1
    street.unlocked(other)
    street.returned(other)
    at(street, 60)
    assert given_back_of(trip) == Money(fee["amount_cents"] // 2)  # four of eight quarter-hours
    told = rebooked_of(trip)
    assert (told.minutes, told.rebooked_minutes, told.refunded) == (120, 60, given_back_of(trip))
    assert db.session.scalars(select(Refund.amount_cents)).all() == [fee["amount_cents"] // 2]
    page = words_of(browser_of(street.site, ada.user, street.clock).get(f"/trips/{trip.reference}/receipt"))
    assert "Of the 2 h that you gave back late, somebody else had 1 h" in page


def test_a_late_cancellation_is_refunded_once_however_often_it_is_looked_at(street, people):
    ada, bo = people.member(), people.member("Bo Lind")
    trip = booked(ada, span=hours(24, 27))
    at(street, 23)
    fee = cancel(reservation=trip, now=street.clock())
    assert fee.cents == trip.price_cents
    booked(bo, span=hours(25, 27), now=street.clock())
    for hour in (26, 27, 40, 41, 100):
        at(street, hour)
    # Bo did not come, but has paid for the time: eight of Ada's twelve quarter-hours.
    assert given_back_of(trip).cents == sum(fee.cents * (n + 1) // 12 - fee.cents * n // 12 for n in range(4, 12))
    assert db.session.scalar(select(func.count()).select_from(LedgerRow).where(
        LedgerRow.origin == Origin.CORRECTION, LedgerRow.reservation_id == trip.id)) <= 3
    assert db.session.scalar(select(func.count()).select_from(GivenBackQuarter).where(
        GivenBackQuarter.refunded_at.is_not(None))) == 8


def test_time_that_the_same_member_books_again_is_not_refunded(street, people):
    ada = people.member()
    trip = booked(ada, span=hours(24, 27))
    at(street, 23)
    cancel(reservation=trip, now=street.clock())
    booked(ada, span=hours(24, 27), now=street.clock())
    at(street, 100)
    assert given_back_of(trip) == Money(0)


def test_who_takes_the_time_again_no_longer_pays_for_giving_it_back(app, people):
    trip = booked(people.member(), span=hours(24, 28))
    price, late = trip.price_cents, NOON + 23 * HOUR
    moved(trip, hours(24, 26), late)
    moved(trip, hours(24, 28), late + HOUR * 0.75, "again")
    assert trip.price_cents == price
    assert db.session.scalar(select(func.count()).select_from(GivenBackQuarter)) == 0
    moved(trip, hours(24, 27), late + HOUR * 0.8, "third")
    assert trip.price_cents == price


def test_time_added_by_mistake_can_be_given_back_within_half_an_hour(app, people):
    trip = booked(people.member(), span=hours(24, 26))
    price, late = trip.price_cents, NOON + 23 * HOUR
    moved(trip, hours(24, 28), late)
    assert moved(trip, hours(24, 26), late + timedelta(minutes=30), "undo").after_price_cents == price
    moved(trip, hours(24, 28), late + timedelta(minutes=40), "again")
    kept = propose(trip, Wish(trip.car, hours(24, 26)), late + timedelta(minutes=71)).kept
    assert kept.cents == trip.price_cents - price


def test_all_that_is_given_back_late_costs_a_day_at_most_and_cancelling_after_it_no_more(app, people):
    trip = booked(people.member(), a_car(car_class="economy"), hours(24, 24 + 96))
    late = NOON + 23 * HOUR
    moved(trip, hours(24, 24 + 24), late)
    fee = sum(one.amount_cents for one in db.session.scalars(select(GivenBackQuarter)))
    assert fee == 6600
    moved(trip, hours(24, 24 + 12), late, "more")
    assert sum(one.amount_cents for one in db.session.scalars(select(GivenBackQuarter))) == 6600
    cost = cancel(reservation=trip, now=late)
    assert cost.cents == 6600
    assert sum(one.amount_cents for one in db.session.scalars(select(GivenBackQuarter))) == 6600


def test_who_moves_a_trip_late_and_then_cancels_it_pays_for_what_they_gave_back(street, people):
    ada = people.member()
    trip = booked(ada, span=hours(24, 27))
    at(street, 23)
    price, browser = trip.price_cents, browser_of(street.site, ada.user, street.clock)
    moved(trip, hours(24 + 168, 27 + 168), street.clock())
    at(street, 23.7)  # not within half an hour of it
    cost = terms(trip, street.clock(), policies_at(NOON))
    assert (cost.fee.cents, cost.only_kept, street.clock() < cost.free_until) == (price, True, True)
    page = words_of(browser.get(f"/trips/{trip.reference}/cancel"))
    assert f"It costs ${price / 100:.2f}: that is for time of this trip that you gave back after the free time" in page
    assert browser.fill_in(f"/trips/{trip.reference}/cancel").status_code == 302
    assert [(line.code, line.amount.cents) for line in bill_of(trip)] == [("fee_cancelled", price)]
    assert "You gave time of this trip back after the free time" in words_of(browser.get(f"/trips/{trip.reference}"))
    booked(people.member("Bo Lind"), span=hours(24.5, 27), now=street.clock())
    at(street, 400)
    assert given_back_of(trip).cents == sum(price * (n + 1) // 12 - price * n // 12 for n in range(2, 12))


@pytest.mark.one_database
def test_cancelling_a_moved_trip_late_as_well_costs_no_more_than_a_day_and_nothing_by_our_doing(app, people):
    trip = booked(people.member(), a_car(car_class="economy"), hours(24, 24 + 20))
    moved(trip, hours(24 + 48, 24 + 68), NOON + 23 * HOUR)
    again = NOON + 71 * HOUR
    assert terms(trip, again, policies_at(NOON)).fee.cents == 6600
    trip.car.state = CarState.DAMAGED
    assert terms(trip, NOON + 71.9 * HOUR, policies_at(NOON)).fee == Money(0)


@pytest.mark.one_database
def test_giving_back_time_of_a_car_that_cannot_be_had_costs_nothing(app, people):
    trip = booked(people.member(), span=hours(24, 28))
    trip.car.state = CarState.DAMAGED
    late = NOON + 23.9 * HOUR
    assert terms(trip, late, policies_at(NOON)).ours
    assert propose(trip, Wish(trip.car, hours(24, 26)), late).kept == Money(0)


@pytest.mark.parametrize(("back", "minutes"), [(26, 120), (27.4, 30), (27.6, 0), (28, 0)])
def test_half_of_the_unused_time_comes_back_when_the_car_does(street, people, back, minutes):
    trip = street.unlocked(booked(people.member(), span=hours(24, 28)))
    street.returned(trip, at=NOON + back * HOUR)
    lines = {line.code: line for line in bill_of(trip)}
    assert ("early_return" in lines) is (minutes > 0)
    if minutes:
        early = lines["early_return"]
        hour = trip.quote["rates"]["weekday_hour"]
        assert early.facts["minutes"] == minutes
        assert early.facts["worth_cents"] == hour * minutes // 60
        assert early.amount == -Money(hour * minutes // 60).times(Fraction(1, 2))
        assert lines["tax_city_after"].amount.cents < 0
    price = db.session.scalars(select(Promise).where(Promise.kind == PromiseKind.PRICE)).one()
    assert price.state == "kept"


def test_unused_time_that_nobody_can_book_is_not_refunded(street, people):
    trip = street.unlocked(booked(people.member(), span=hours(24, 28)))
    car = a_car(id=trip.car_id)
    with transaction():
        car.state = CarState.CLEANING
    street.returned(trip, at=NOON + 25 * HOUR)
    assert "early_return" not in [line.code for line in bill_of(trip)]
