"""What a machine reads of its member, beside what the pages read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, tuple_

from core.database import db
from core.refusal import NotFound
from fleet.telematics.models import CarCommand
from reservations.booking.models import Reservation


@dataclass(frozen=True, slots=True)
class MyReservations:
    """All that a member has booked, whatever became of it: the latest start first, from after one of them on."""

    member_id: int
    limit: int
    after: tuple[datetime, int] | None = None

    def select(self) -> Select[tuple[Reservation]]:
        found = select(Reservation).where(Reservation.member_id == self.member_id)
        if self.after is not None:
            found = found.where(tuple_(Reservation.starts_at, Reservation.id) < self.after)
        return found.order_by(Reservation.starts_at.desc(), Reservation.id.desc()).limit(self.limit)

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))


def command_of(reservation: Reservation, command_id: object) -> CarCommand:
    """What was asked of the car for this booking. Raises NotFound, also for what another one asked."""
    found = db.session.scalar(select(CarCommand).where(
        CarCommand.id == command_id, CarCommand.reservation_id == reservation.id))
    if found is None:
        raise NotFound()
    return found
