"""Reads about trips: the one that is on now, and what belongs to one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from experience.asks.models import Answer
from fleet.cars.models import CarReading
from fleet.cars.where import metres_apart
from fleet.damage.models import Mark
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from portal.account.models import Member
from reservations.booking.models import Reservation, Status
from reservations.trip.models import CheckStage, ConditionCheck, Trip

SOON = timedelta(hours=12)


def trip_on_now(member: Member, now: datetime) -> Reservation | None:
    """The trip to drive: the one that is out, else the next that starts within 12 hours and has not ended."""
    return db.session.scalars(
        select(Reservation)
        .where(Reservation.member_id == member.id,
               (Reservation.status == Status.DRIVING)
               | ((Reservation.status == Status.BOOKED) & (Reservation.starts_at < now + SOON)
                  & (Reservation.ends_at > now)))
        .order_by(Reservation.status.desc(), Reservation.starts_at).limit(1)
    ).first()


def trip_of(reservation: Reservation) -> Trip | None:
    """What happened of it, once the car was opened."""
    return db.session.get(Trip, reservation.id)


def has_driven_off(reservation: Reservation) -> bool:
    """Whether its box has said that it moves since it was opened."""
    trip = trip_of(reservation)
    return trip is not None and trip.drove_off_at is not None


def heard_of(reservation: Reservation) -> CarReading | None:
    """What the car's own box says, while it says anything: a charge needs evidence, and what was typed is none."""
    reading = db.session.get(CarReading, reservation.car_id)
    return reading if reading is not None and reading.online else None


def metres_from_bay(reservation: Reservation) -> float:
    """How far from its bay the car's box says it is; nothing when it says nothing."""
    reading, bay = heard_of(reservation), reservation.car.bay
    return metres_apart(reading.lat, reading.lng, bay.lat, bay.lng) if reading else 0.0


def checks_of(reservation: Reservation) -> dict[CheckStage, ConditionCheck]:
    """The condition checks made so far."""
    rows = db.session.scalars(select(ConditionCheck).where(ConditionCheck.reservation_id == reservation.id))
    return {CheckStage(row.stage): row for row in rows}


def checked(reservation: Reservation, solicitation: str) -> Answer | None:
    """What the member answered to one of the one-tap checks about this trip."""
    return db.session.scalars(select(Answer).where(
        Answer.reservation_id == reservation.id, Answer.solicitation == solicitation).order_by(Answer.at).limit(1)).first()


def known_marks(car_id: int) -> list[Mark]:
    """Marks on the car that are not repaired, oldest first."""
    return list(db.session.scalars(
        select(Mark).where(Mark.car_id == car_id, Mark.repaired_at.is_(None)).order_by(Mark.since)))


def last_command(reservation: Reservation) -> CarCommand | None:
    """The newest thing the member asked of the car."""
    return db.session.scalars(
        select(CarCommand).where(CarCommand.reservation_id == reservation.id)
        .order_by(CarCommand.asked_at.desc(), CarCommand.id.desc()).limit(1)).first()


STUCK_AFTER = 3  # unlocks that came to nothing, in a row


def is_stuck(reservation: Reservation) -> bool:
    """Whether the car has refused or ignored the member's last three unlocks; a fourth that opens it ends that."""
    newest = db.session.scalars(
        select(CarCommand.state).where(CarCommand.reservation_id == reservation.id, CarCommand.action == Action.UNLOCK,
                                       CarCommand.state != CommandState.WAITING)
        .order_by(CarCommand.asked_at.desc(), CarCommand.id.desc()).limit(STUCK_AFTER)).all()
    return len(newest) == STUCK_AFTER and CommandState.DONE not in newest


def silent_since(reservation: Reservation) -> datetime | None:
    """When the car was first asked to lock at the return, if it has answered nothing since."""
    returning = checks_of(reservation).get(CheckStage.RETURN)
    if returning is None:
        return None
    since = None
    for command in db.session.scalars(
            select(CarCommand).where(CarCommand.reservation_id == reservation.id, CarCommand.asked_at >= returning.at)
            .order_by(CarCommand.asked_at.desc(), CarCommand.id.desc())):
        if command.state != CommandState.SILENT:
            break
        if command.action == Action.LOCK:
            since = command.asked_at
    return since


@dataclass(frozen=True, slots=True)
class NextDriver:
    """Who has the car after this booking: only when, never who."""

    reservation: Reservation

    def starts_at(self) -> datetime | None:
        """When the next booking of another member begins."""
        mine = self.reservation
        return db.session.scalar(
            select(Reservation.starts_at)
            .where(Reservation.car_id == mine.car_id, Reservation.status == Status.BOOKED,
                   Reservation.starts_at >= mine.ends_at, Reservation.member_id != mine.member_id)
            .order_by(Reservation.starts_at).limit(1))


def waited_from(reservation: Reservation, ended_at: datetime) -> datetime | None:
    """When another member's booking of the car began while it was out, whatever became of it then; one given up
    before does not count."""
    return db.session.scalar(
        select(Reservation.starts_at)
        .where(Reservation.car_id == reservation.car_id, Reservation.member_id != reservation.member_id,
               Reservation.starts_at >= reservation.ends_at, Reservation.starts_at < ended_at,
               (Reservation.status != Status.CANCELLED) | (Reservation.cancelled_at >= Reservation.starts_at))
        .order_by(Reservation.starts_at).limit(1))
