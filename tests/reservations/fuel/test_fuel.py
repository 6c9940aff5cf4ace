"""Fuel stops: the car's card within its limits, or the member's own money with a receipt."""

from threading import Event, Thread
from time import sleep

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.fuel.log_stop import CardUsedUp, Fill, MoreThanFits, OverCardLimit, ReceiptTooDear, log_stop, stops_of
from reservations.fuel.models import FuelStop, PaidBy
from reservations.trip.errors import NotDriving
from reservations.trip.queries import trip_of
from tests.factories import a_car
from tests.reservations.made import booked, steps


def fill(cents: int = 3140, paid_by: PaidBy = PaidBy.CARD) -> Fill:
    return Fill("Shell, Ashland Ave", Money(cents), 9214, paid_by)


@pytest.fixture
def trip(street, people):
    return nearly_empty(street.unlocked(booked(people.member())))


def nearly_empty(trip):
    """The trip began with hardly anything in the tank."""
    with transaction():
        trip_of(trip).start_energy = 0
    return trip


def log(trip, now, what=None, once="a-fuel-form"):
    return log_stop(reservation=trip, fill=what or fill(), once=once, now=now)


def test_a_stop_keeps_what_the_pump_said_and_how_full_the_tank_was(street, trip):
    street.fills(trip, 33)
    log(trip, street.clock())
    (stop,) = stops_of(trip)
    assert (stop.station, stop.amount_cents, stop.volume_thousandths) == ("Shell, Ashland Ave", 3140, 9214)
    assert (stop.paid_by, stop.energy_before, stop.at) == ("card", 33, street.clock())
    assert steps()[-1] == ("drive.refuel", "succeeded", None)


def test_a_stop_logged_after_pumping_tells_what_was_in_the_tank_before(street, trip):
    street.fills(trip, 18)
    street.clock.forward(minutes=5)
    for percent in (40, 71, 97):
        street.fills(trip, percent)
    log(trip, street.clock())
    street.clock.forward(minutes=50)
    log(trip, street.clock(), once="another-form")
    assert [stop.energy_before for stop in stops_of(trip)] == [18, 97]


def test_what_somebody_filled_before_the_trip_is_not_this_members_filling(street, people):
    trip = booked(people.member())
    street.fills(trip, 12)
    street.fills(trip, 90)
    street.unlocked(trip)
    log(trip, street.clock())
    assert [stop.energy_before for stop in stops_of(trip)] == [90]


def test_the_same_form_is_one_stop(street, trip):
    assert log(trip, street.clock()).id == log(trip, street.clock()).id
    assert db.session.scalar(select(func.count()).select_from(FuelStop)) == 1


@pytest.mark.one_database
@pytest.mark.parametrize(("cents", "paid_by", "allowed"), [
    (7500, PaidBy.CARD, True), (7501, PaidBy.CARD, False), (9000, PaidBy.MEMBER, True)])
def test_the_card_pays_up_to_its_limit(street, trip, cents, paid_by, allowed):
    if allowed:
        assert log(trip, street.clock(), fill(cents, paid_by))
        return
    with pytest.raises(OverCardLimit):
        log(trip, street.clock(), fill(cents, paid_by))
    assert steps("refused") == [("drive.refuel", "refused", "over_card_limit")]
    assert stops_of(trip) == []


def test_the_card_works_twice_a_day_and_ones_own_money_always(street, trip):
    for number in range(2):
        log(trip, street.clock(), Fill("Shell, Ashland Ave", Money(1000), 3000, PaidBy.CARD), once=f"fuel-form-{number}")
    with pytest.raises(CardUsedUp):
        log(trip, street.clock(), once="fuel-form-3")
    own = Fill("Shell, Ashland Ave", Money(200), 300, PaidBy.MEMBER)
    assert log(trip, street.clock(), own, once="fuel-form-4")


def test_a_day_later_the_card_works_again(street, trip):
    for number in range(2):
        log(trip, street.clock(), once=f"fuel-form-{number}")
    street.clock.forward(hours=24)
    assert log(trip, street.clock(), once="fuel-form-3")


@pytest.mark.one_database
@pytest.mark.parametrize(("electric", "thousandths", "cents", "refusal"), [
    (False, 1000, 1000, None), (False, 1000, 1001, ReceiptTooDear), (False, 200_000, 50_000, MoreThanFits),
    (True, 10_000, 1500, None), (True, 10_000, 1501, ReceiptTooDear), (True, 199_000, 5000, MoreThanFits)])
def test_a_receipt_is_refunded_up_to_what_its_volume_can_cost_and_the_car_can_take(
        street, people, electric, thousandths, cents, refusal):
    car = a_car(name="Basil") if electric else a_car(car_class="economy")
    trip = street.unlocked(booked(people.member(), car))
    assert trip.car.electric is electric
    said = Fill("Corner station", Money(cents), thousandths, PaidBy.MEMBER)
    if refusal is None:
        assert log(trip, street.clock(), said)
        return
    with pytest.raises(refusal):
        log(trip, street.clock(), said)
    assert stops_of(trip) == []


@pytest.mark.one_database
def test_a_charger_may_count_what_is_lost_on_the_way(street, people):
    trip = nearly_empty(street.unlocked(booked(people.member(), a_car(name="Basil"))))
    battery = trip.car.model.battery_kwh * 1000
    with pytest.raises(MoreThanFits):
        log(trip, street.clock(), Fill("Corner station", Money(3000), round(battery * 1.3), PaidBy.MEMBER))
    assert log(trip, street.clock(), Fill("Corner station", Money(3000), round(battery * 1.2), PaidBy.MEMBER))


def test_a_trip_takes_no_more_than_was_missing_and_burnt(street, people):
    trip = street.unlocked(booked(people.member(), a_car(car_class="economy")))
    half = round(trip.car.model.tank_gallons * 500)
    with transaction():
        trip_of(trip).start_energy = 100
    for receipt in ("nowhere", "nowhere again"):
        with pytest.raises(MoreThanFits):
            log(trip, street.clock(), Fill(receipt, Money(3000), half, PaidBy.MEMBER), once=receipt)
    street.drives(trip, miles=160, minutes=100)
    street.drives(trip, miles=50, minutes=60)
    assert log(trip, street.clock(), Fill("Shell", Money(3000), half, PaidBy.MEMBER))
    with pytest.raises(MoreThanFits):
        log(trip, street.clock(), Fill("Shell", Money(3000), half, PaidBy.MEMBER), once="the same once more")


def test_a_tank_takes_what_fits_into_it_and_no_more(street, people):
    trip = nearly_empty(street.unlocked(booked(people.member(), a_car(car_class="economy"))))
    full = round(trip.car.model.tank_gallons * 1000)
    log(trip, street.clock(), Fill("Shell", Money(3000), full, PaidBy.MEMBER))
    with pytest.raises(MoreThanFits):
        log(trip, street.clock(), Fill("Shell", Money(3000), full + 1, PaidBy.MEMBER), once="another-form")


def test_a_stop_waits_for_whoever_is_just_ending_the_trip(street, trip):
    """Another process ends the trip at this moment: the stop is refused, for the bill is written."""
    ended, number = Event(), trip.id

    def ends() -> None:
        with street.site.app_context(), transaction():
            other = db.session.get_one(Reservation, number)
            load_locked(other)
            other.status = Status.RETURNED
            db.session.flush()
            ended.set()
            sleep(0.4)

    thread = Thread(target=ends)
    thread.start()
    assert ended.wait(30)
    with pytest.raises(NotDriving):
        log(trip, street.clock())
    thread.join()
    assert stops_of(trip) == []


def test_there_is_nothing_to_log_before_or_after_the_trip(street, people, trip):
    street.returned(trip)
    for other in (trip, booked(people.member(), now=street.clock(), span=trip.span.shifted(trip.span.length * 2))):
        with pytest.raises(NotDriving):
            log(other, street.clock())
