"""What stood in the way of a member who could not have their car: whose doing it was, and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.database import db
from experience.promises.kinds import Cause
from fleet.cars.state import OUT_OF_SERVICE
from fleet.cars.where import is_away
from fleet.service.models import Block
from reservations.booking.models import Reservation
from reservations.booking.renewal import renewal_answered_late
from reservations.trip.models import Trip
from reservations.trip.queries import metres_from_bay


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why a car was not there, or stayed shut: the cause, the other trip when it was one, until when (None: still), and metres
    away."""

    cause: Cause
    other_trip: int | None = None
    until: datetime | None = None
    metres: int = 0


def what_stood_in(reservation: Reservation, now: datetime) -> InTheWay | None:
    """What kept the car from being there at its start, as it is known now; None when it was there.

    A driver who was late counts before a block that only begins when they are back. A car that is there but does not open,
    because a new licence lies with us, counts last.
    """
    late = None if now < reservation.starts_at else db.session.execute(
        select(Trip.reservation_id, Trip.ended_at).where(
            Trip.car_id == reservation.car_id, Trip.reservation_id != reservation.id, Trip.started_at < reservation.starts_at,
            Trip.ended_at.is_(None) | (Trip.ended_at > reservation.starts_at))
        .order_by(Trip.ended_at.desc().nulls_first())).first()
    if late is not None:
        return InTheWay(Cause.OTHER_MEMBER, late.reservation_id, late.ended_at)
    blocked = db.session.execute(
        select(Block.ended_at).where(Block.car_id == reservation.car_id, Block.starts_at <= now,
                                     Block.ended_at.is_(None) | (Block.ended_at > reservation.starts_at))
        .order_by(Block.ended_at.desc().nulls_first())).first()
    if blocked is not None or reservation.car.state in OUT_OF_SERVICE:
        return InTheWay(Cause.OUT_OF_SERVICE, until=blocked.ended_at if blocked else None)
    metres = round(metres_from_bay(reservation))
    if not is_away(metres):
        renewal = renewal_answered_late(reservation)
        return InTheWay(Cause.STAFF, until=renewal.decided_at) if renewal is not None else None
    before = handed_over_by(reservation, now)
    return InTheWay(*((Cause.OTHER_MEMBER, before) if before else (Cause.ELSEWHERE, None)), metres=metres)


def handed_over_by(reservation: Reservation, now: datetime) -> int | None:
    """The booking whose driver handed the car over to this one; None when it was in our hands since, or nobody had it."""
    before = db.session.execute(
        select(Trip.reservation_id, Trip.ended_at).where(
            Trip.car_id == reservation.car_id, Trip.reservation_id != reservation.id, Trip.ended_at <= now)
        .order_by(Trip.ended_at.desc()).limit(1)).first()
    if before is None:
        return None
    ours = db.session.scalar(select(Block.id).where(
        Block.car_id == reservation.car_id, Block.starts_at < now,
        Block.ended_at.is_(None) | (Block.ended_at >= before.ended_at)).limit(1))
    return None if ours else before.reservation_id
