"""Cancelling is free while it is free, and costs what was shown after that."""

from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import func, select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import Job, OutboxRow
from experience.record.models import Event
from fleet.calendar.models import Occupancy
from fleet.cars.models import CarState
from fleet.desk.bring_back import bring_back
from fleet.service.block import take_out_of_service
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.player.cars import Faults
from fleet.telematics.port import Action
from portal.account.models import Role
from portal.billing.words import shown, why
from portal.messages.models import Message
from portal.worker import do_due
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel, terms
from reservations.booking.errors import DearerThanShown, TooLateToCancel
from reservations.booking.models import Status
from reservations.booking.no_show import release_no_show
from tests.factories import NOON, a_car, hours
from tests.fleet.made import driving, heard
from tests.reservations.made import booked, steps

ECONOMY_DAY, ECONOMY_WEEKEND_DAY = 6600, 7400


def last_words_to(member) -> str:
    """The body of the newest message to a member about what became of a booking."""
    newest = (select(Message.body_sealed).where(Message.member_id == member.id, Message.kind != "remedy_paid")
              .order_by(Message.at.desc()).limit(1))
    return current_app.extensions["adapters"].seal.open(db.session.scalars(newest).one())


@pytest.mark.one_database
@pytest.mark.parametrize(("span", "after", "free"), [
    (hours(24, 27), timedelta(0), True),
    (hours(24, 27), timedelta(hours=21), True),                # three hours before
    (hours(24, 27), timedelta(hours=21, seconds=1), False),
    (hours(24, 27), timedelta(hours=24, minutes=30), False),   # it has begun and nobody came
    (hours(48, 57), timedelta(hours=24), True),                # eight hours and more: a day before
    (hours(48, 57), timedelta(hours=24, seconds=1), False),
    (hours(48, 55.75), timedelta(hours=24, seconds=1), True),  # just under eight
    (hours(2, 4), timedelta(minutes=30), True),                # cooling off, whatever the time
    (hours(2, 4), timedelta(minutes=30, seconds=1), False),
    (hours(0.25, 2), timedelta(minutes=15), True),             # but not after the start
    (hours(0.25, 2), timedelta(minutes=15, seconds=1), False),
])
def test_when_cancelling_is_free(app, people, clock, span, after, free):
    trip = booked(people.member(), span=span)
    cost = terms(trip, NOON + after, policies_at(NOON))
    assert (cost.fee == Money(0)) is free
    assert (NOON + after <= cost.free_until) is free


@pytest.mark.one_database
@pytest.mark.parametrize(("span", "fee"), [
    (hours(24, 27), None),              # the price
    (hours(48, 96), ECONOMY_DAY),       # at most that of a day: Thursday noon
    (hours(83, 144), ECONOMY_DAY),      # Friday night, though most of it is weekend and it is Saturday in London
    (hours(84, 144), ECONOMY_WEEKEND_DAY),
    (hours(131, 180), ECONOMY_WEEKEND_DAY),  # Sunday night
])
def test_later_it_costs_the_price_but_at_most_a_day(app, people, clock, span, fee):
    trip = booked(people.member(), a_car(car_class="economy"), span)
    cost = terms(trip, trip.starts_at - timedelta(minutes=1), policies_at(NOON))
    assert cost.fee.cents == (fee or trip.price_cents)


def test_a_cancelled_trip_frees_its_car_and_keeps_its_story(app, people, clock):
    trip = booked(people.member())
    assert cancel(reservation=trip, now=NOON) == Money(0)
    assert (trip.status, trip.cancelled_at, trip.occupancy_id) == (Status.CANCELLED, NOON, None)
    assert db.session.scalar(select(func.count()).select_from(Occupancy)) == 0
    assert bill_of(trip) == []
    assert steps()[-1] == ("book.cancel", "succeeded", None)
    assert booked(people.member()).status == Status.BOOKED


def test_a_late_cancellation_has_one_line_with_its_rule_and_its_reason(app, people, clock):
    trip = booked(people.member())
    clock.at = trip.starts_at - timedelta(hours=1)
    fee = cancel(reservation=trip, now=clock())
    (line,) = bill_of(trip)
    assert line.amount == fee == trip.price
    assert (line.code, line.rule, line.rule_version, line.origin) == ("fee_cancelled", "cancel_notice", 1, "after")
    with app.test_request_context():
        assert shown(line).label == "Cancelled after the free time"
        assert "Free until Wed, Nov 25, 9:00 AM, ended Wed, Nov 25, 11:00 AM" in why(line, trip.car.lot.zone).evidence


def test_cancelling_twice_changes_nothing_and_says_the_same_fee(app, people, clock):
    trip = booked(people.member())
    late = trip.starts_at - timedelta(hours=1)
    fee = cancel(reservation=trip, now=late)
    assert cancel(reservation=trip, now=late + timedelta(minutes=1)) == fee
    assert len(bill_of(trip)) == 1
    assert [step for step in steps() if step[0] == "book.cancel"] == [("book.cancel", "succeeded", None)]
    told = select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "booking_cancelled")
    assert db.session.scalar(told) == 1


def test_a_fee_higher_than_the_one_shown_cancels_nothing(app, people, clock):
    trip = booked(people.member())
    with pytest.raises(DearerThanShown):
        cancel(reservation=trip, now=trip.starts_at - timedelta(hours=1), shown=Money(trip.price_cents - 1))
    assert (trip.status, bill_of(trip)) == (Status.BOOKED, [])
    assert steps("refused") == [("book.cancel", "refused", "dearer_than_shown")]


@pytest.mark.parametrize(("shown_cents", "before"), [
    (0, timedelta(hours=4)), (5000, timedelta(hours=4)), (9_999_999, timedelta(hours=1))])
def test_a_fee_that_is_not_higher_is_taken_and_compared_with_the_one_shown(app, people, clock, shown_cents, before):
    trip = booked(people.member())
    fee = cancel(reservation=trip, now=trip.starts_at - before, shown=Money(shown_cents))
    assert fee == (trip.price if before < timedelta(hours=3) else Money(0))
    event = db.session.scalars(select(Event).where(Event.step == "book.cancel")).one()
    assert (event.actual, event.expected, event.unit) == (fee.cents, shown_cents, "cents")


def test_where_no_fee_was_shown_none_is_compared(app, people, clock):
    cancel(reservation=booked(people.member()), now=NOON)
    event = db.session.scalars(select(Event).where(Event.step == "book.cancel")).one()
    assert (event.actual, event.expected) == (None, None)


def test_a_trip_that_has_begun_is_not_cancelled(app, people, clock):
    trip = driving(a_car(), people.member(), hours(0, 2)).reservation
    with pytest.raises(TooLateToCancel):
        cancel(reservation=trip, now=NOON)
    assert steps("refused") == [("book.cancel", "refused", "too_late_to_cancel")]


def test_a_booking_that_we_put_at_risk_is_cancelled_at_no_cost(app, people, clock):
    trip = booked(people.member())
    with transaction():
        trip.at_risk_since = NOON
    assert cancel(reservation=trip, now=trip.starts_at - timedelta(minutes=1)) == Money(0)


def test_nobody_pays_for_a_car_that_was_not_back(app, people, clock):
    car = a_car()
    driving(car, people.member(), hours(21, 24))
    trip = booked(people.member(), car, hours(24, 27))
    assert terms(trip, hours(23, 24).start, policies_at(NOON)).fee == trip.price  # it may still come back
    clock.at = trip.starts_at + timedelta(minutes=20)
    assert cancel(reservation=trip, now=clock()) == Money(0)


def test_an_hour_after_the_start_the_car_of_somebody_who_never_came_is_free(app, people, clock):
    trip = booked(people.member())
    clock.at = trip.starts_at + timedelta(minutes=59)
    do_due(app)
    assert trip.status == Status.BOOKED
    clock.forward(minutes=1)
    do_due(app)
    assert (trip.status, trip.occupancy_id) == (Status.NO_SHOW, None)
    (line,) = bill_of(trip)
    assert (line.code, line.amount) == ("fee_no_show", trip.price)
    assert booked(people.member(), now=clock(), span=hours(26, 27)).status == Status.BOOKED


def test_no_show_of_a_cancelled_trip_changes_nothing(app, people, clock):
    trip = booked(people.member())
    cancel(reservation=trip, now=NOON)
    clock.at = trip.starts_at + timedelta(hours=2)
    do_due(app)
    assert (trip.status, bill_of(trip)) == (Status.CANCELLED, [])


def test_somebody_who_stood_in_an_empty_bay_is_no_no_show_and_pays_nothing(app, people, clock):
    car = a_car()
    driving(car, people.member(), hours(21, 24))
    trip = booked(people.member(), car, hours(24, 27))
    for minutes in range(60, 180, 15):
        clock.at = trip.starts_at + timedelta(minutes=minutes)
        do_due(app)
        assert trip.status == Status.BOOKED
    clock.at = trip.ends_at
    do_due(app)
    assert (trip.status, trip.occupancy_id, bill_of(trip)) == (Status.CANCELLED, None, [])
    assert [step for step in steps() if step[0] == "book.cancel"] == [("book.cancel", "succeeded", None)]
    told = last_words_to(trip.member)
    assert "You could not have the car when your trip was to start" in told
    assert "It costs nothing." in told


def test_a_car_that_comes_back_late_waits_an_hour_for_its_member(app, people, clock):
    car = a_car()
    before = driving(car, people.member(), hours(21, 24))
    trip = booked(people.member(), car, hours(24, 30))
    clock.at = trip.starts_at + timedelta(minutes=60)
    do_due(app)
    with transaction():
        before.ended_at = trip.starts_at + timedelta(minutes=70)
    for minutes in range(75, 130, 15):
        clock.at = trip.starts_at + timedelta(minutes=minutes)
        do_due(app)
        assert trip.status == Status.BOOKED
    clock.at = trip.starts_at + timedelta(minutes=135)
    do_due(app)
    assert (trip.status, bill_of(trip)) == (Status.CANCELLED, [])


@pytest.mark.parametrize(("back", "status", "fees"), [
    (timedelta(minutes=-5), Status.NO_SHOW, ["fee_no_show"]),
    (timedelta(minutes=10), Status.NO_SHOW, ["fee_no_show"]),  # within the grace
    (timedelta(minutes=50), Status.CANCELLED, []),
])
def test_a_car_in_the_workshop_at_the_start_was_not_there_also_once_it_is_back(app, people, clock, back, status, fees):
    trip, staff = booked(people.member(), span=hours(24, 30)), people.staff(Role.FLEET)
    take_out_of_service(car=trip.car, state=CarState.MAINTENANCE, why="brakes", until=trip.starts_at,
                        by_user_id=staff.id, now=trip.starts_at - timedelta(hours=1))
    bring_back(car=trip.car, by_user_id=staff.id, why="new pads", now=trip.starts_at + back)
    clock.at = trip.starts_at + timedelta(hours=1)
    do_due(app)
    assert (trip.status == Status.BOOKED) is (status == Status.CANCELLED)
    clock.at = trip.starts_at + timedelta(hours=2, minutes=15)  # it waited an hour for its member
    do_due(app)
    assert (trip.status, [line.code for line in bill_of(trip)]) == (status, fees)


def test_a_car_that_stands_elsewhere_was_not_there(app, people, clock):
    trip = booked(people.member())
    heard(trip.car, lat=trip.car.bay.lat + 0.02)
    clock.at = trip.starts_at
    assert cancel(reservation=trip, now=clock()) == Money(0)


def test_the_next_drivers_trip_excuses_nobody_who_did_not_come(app, people, clock):
    trip = booked(people.member(), span=hours(24, 24.5))
    driving(trip.car, people.member(), hours(24.75, 26))
    clock.at = trip.starts_at + timedelta(hours=1)
    do_due(app)
    assert (trip.status, [line.code for line in bill_of(trip)]) == (Status.NO_SHOW, ["fee_no_show"])


def test_a_car_that_is_back_within_the_grace_was_there(app, people, clock):
    car = a_car()
    before = driving(car, people.member(), hours(21, 24))
    trip = booked(people.member(), car, hours(24, 27))
    with transaction():
        before.ended_at = trip.starts_at + timedelta(minutes=10)
    clock.at = trip.starts_at + timedelta(hours=1)
    do_due(app)
    assert (trip.status, [line.code for line in bill_of(trip)]) == (Status.NO_SHOW, ["fee_no_show"])


def test_nobody_is_a_no_show_while_the_car_is_at_risk(app, people, clock):
    trip = booked(people.member())
    with transaction():
        trip.at_risk_since = NOON
    clock.at = trip.starts_at + timedelta(hours=1)
    do_due(app)
    assert trip.status == Status.BOOKED
    clock.at = trip.ends_at
    do_due(app)
    assert (trip.status, bill_of(trip)) == (Status.CANCELLED, [])


def test_a_worker_that_dies_while_the_car_is_out_looks_again_once(app, people, clock):
    trip = booked(people.member())
    with transaction():
        trip.at_risk_since = NOON
    clock.at = trip.starts_at + timedelta(hours=1)
    job = Job(new_id(), "no_show", trip.member_id, {"reservation_id": trip.id}, 1, clock())
    release_no_show(job)
    release_no_show(job)
    ahead = select(OutboxRow.due_at).where(OutboxRow.kind == "no_show", OutboxRow.due_at > clock())
    assert db.session.scalars(ahead).all() == [clock() + timedelta(minutes=15)]


def unlock_answered(trip, state: CommandState, reason: str | None = None, action: Action = Action.UNLOCK) -> None:
    """A command to the car, and what became of it."""
    with transaction():
        db.session.add(CarCommand(id=new_id(), car_id=trip.car_id, reservation_id=trip.id, action=action, state=state,
                                  asked_at=trip.starts_at, answered_at=trip.starts_at, reason=reason))


@pytest.mark.parametrize(("answers", "free"), [
    ([(CommandState.SILENT, "timeout")], True),
    ([(CommandState.REFUSED, "battery_low")], True),
    ([(CommandState.REFUSED, "trip_over"), (CommandState.SILENT, "offline")], True),
    ([(CommandState.SILENT, "timeout"), (CommandState.WAITING, None)], True),
    ([(CommandState.REFUSED, "trip_over")], False),              # the car was never asked
    ([(CommandState.WAITING, None)], False),
    ([(CommandState.SILENT, "timeout"), (CommandState.DONE, None)], False),
    ([(CommandState.SILENT, "timeout", Action.FLASH)], False),   # it may open all the same
])
def test_a_car_that_would_not_open_costs_nothing(app, people, clock, answers, free):
    trip = booked(people.member())
    for answer in answers:
        unlock_answered(trip, *answer)
    assert (terms(trip, trip.starts_at + timedelta(minutes=5), policies_at(NOON)).fee == Money(0)) is free


def test_one_cars_silence_does_not_free_another_booking(app, people, clock):
    trip, other = booked(people.member()), booked(people.member(), a_car(name="Basil"))
    unlock_answered(other, CommandState.SILENT, "timeout")
    assert terms(trip, trip.starts_at, policies_at(NOON)).fee == trip.price


@pytest.mark.parametrize("faults", [Faults(silent=True), Faults(refuse="battery_low")])
def test_somebody_for_whom_the_car_would_not_open_is_no_no_show(street, people, faults):
    trip = booked(people.member())
    street.garage.set_faults(trip.car.vin, faults, at=NOON)
    street.unlocked(trip)
    street.clock.at = trip.starts_at + timedelta(hours=1)
    street.work()
    assert (trip.status, trip.occupancy_id, bill_of(trip)) == (Status.CANCELLED, None, [])
    assert "did not open" in last_words_to(trip.member)
