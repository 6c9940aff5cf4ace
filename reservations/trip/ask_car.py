"""Asking the car to flash, sound, unlock or lock: the intent is a row; the worker calls the car."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from fleet.calendar.models import Kind, Occupancy
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from reservations.booking.errors import licence_ends_before
from reservations.booking.hold_price import is_unpaid
from reservations.booking.models import Reservation, Status
from reservations.trip.models import CheckStage, Trip
from reservations.trip.queries import checks_of
from reservations.trip.rules import opens_at, why_not


def step_of(action: Action, reservation: Reservation, *, returning: bool = False) -> Step:
    """The step of the journey at which an action is asked."""
    if returning:
        return Step.RETURN_LOCK
    if action in (Action.FLASH, Action.HORN):
        return Step.PICKUP_IDENTIFY
    return Step.PICKUP_UNLOCK if reservation.status == Status.BOOKED else Step.DRIVE_LOCK


def ask_car(*, reservation: Reservation, action: Action, now: datetime) -> CarCommand:
    """Write down what the member wants of the car. Raises TooEarly, TimeOver, TripOver, OutOfService,
    StillOutWithAnother, MembershipOver, LicenceOver, PaymentFirst or CheckFirst.
    """
    refusal = in_the_way(reservation, action, now)
    if refusal is not None:
        with observe(step_of(action, reservation), member=reservation.member, trip=reservation) as seen:
            seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, action=str(action))
            raise refusal
    with transaction():
        return command_car(reservation, action, now)


def in_the_way(reservation: Reservation, action: Action, now: datetime, *, checked: bool | None = None) -> Refusal | None:
    """The refusal that stands in the way of an action, if any; `checked` overrules what the condition check says.

    During a trip nothing stands in the way, so nothing is asked of the database.
    """
    if reservation.status == Status.DRIVING:
        return None
    if checked is None:
        checked = CheckStage.OUTSIDE in checks_of(reservation)
    policies = policies_at(now)
    return why_not(reservation, action, now, checked=checked, out_with_another=is_out(reservation),
                   licensed=is_licensed(reservation), unpaid=action is Action.UNLOCK and is_unpaid(reservation),
                   early_minutes=policies["early_access"].value,
                   opens=opens_at(reservation, policies, previous_end(reservation)))


def command_car(reservation: Reservation, action: Action, now: datetime, *, returning: bool = False) -> CarCommand:
    """Insert the intent and its job, within the open transaction."""
    command = CarCommand(id=new_id(), car_id=reservation.car_id, reservation_id=reservation.id, action=action,
                         state=CommandState.WAITING, asked_at=now)
    db.session.add(command)
    db.session.flush()
    post("car_command", member_id=reservation.member_id, due=now, command_id=str(command.id), returning=returning)
    return command


def previous_end(reservation: Reservation) -> datetime | None:
    """When the trip before this one ends, with its turnaround, if it still holds the car: nobody goes in while it charges."""
    return db.session.scalar(
        select(Occupancy.ends_at)
        .where(Occupancy.car_id == reservation.car_id, Occupancy.ends_at <= reservation.starts_at, Occupancy.kind == Kind.TRIP)
        .order_by(Occupancy.ends_at.desc()).limit(1))


def is_licensed(reservation: Reservation) -> bool:
    """Whether the driver's licence counts to the trip's end, as it had to when it was booked: it may have been found otherwise
    since."""
    return not licence_ends_before(reservation.member, reservation.span, reservation.car.lot.zone)


def is_out(reservation: Reservation) -> bool:
    """Whether somebody else still has the car."""
    return db.session.scalar(
        select(Trip.reservation_id).where(Trip.car_id == reservation.car_id, Trip.ended_at.is_(None),
                                          Trip.reservation_id != reservation.id).limit(1)) is not None
