"""What we know of a trip: what was booked, what the car did, what it said and what we wrote to the member."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from experience.insight.window import fact
from fleet.telematics.models import CarCommand
from reservations.booking.models import Reservation
from reservations.trip.models import Trip

# Letters about a trip that always go out: when their job is done, they were mailed.
LETTERS = ("booking_confirmed", "booking_cancelled", "no_show_released", "receipt")


@dataclass(frozen=True, slots=True)
class TripFacts:
    """A booking, what came of it, what was asked of the car, and the letters about it with the time of each."""

    reservation: Reservation
    trip: Trip | None
    commands: list[CarCommand]
    letters: list[tuple[str, datetime]]


def trip_facts(reservation_id: int) -> TripFacts:
    """Everything about a trip that says who had the car, and when."""
    reservation = db.session.get_one(Reservation, reservation_id)
    commands = list(db.session.scalars(
        select(CarCommand).where(CarCommand.reservation_id == reservation_id).order_by(CarCommand.asked_at, CarCommand.id)))
    letters = db.session.execute(
        select(OutboxRow.kind, OutboxRow.done_at).where(
            OutboxRow.member_id == reservation.member_id, OutboxRow.kind.in_(LETTERS), OutboxRow.done_at.is_not(None),
            fact(OutboxRow.facts, "reservation_id") == str(reservation_id)).order_by(OutboxRow.done_at))
    return TripFacts(reservation, db.session.get(Trip, reservation_id), commands,
                     [(kind, at) for kind, at in letters if at is not None])
