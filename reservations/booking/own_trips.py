"""What somebody has booked already for a time for which they are about to book."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from core.database import db
from core.time import Span
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import is_mine


@dataclass(frozen=True, slots=True)
class OwnTrips:
    """The driver's open trips that take some of the span, soonest first: of another driver only those that the member who
    looks has booked for them, and may still see."""

    driver_id: int
    looks_id: int
    span: Span

    def select(self) -> Select[tuple[Reservation]]:
        return (select(Reservation)
                .where(Reservation.member_id == self.driver_id, Reservation.status.in_((Status.BOOKED, Status.DRIVING)),
                       is_mine(self.looks_id), Reservation.starts_at < self.span.end, Reservation.ends_at > self.span.start)
                .order_by(Reservation.starts_at))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))

    def in_car(self, car_id: int, *, but_id: int | None = None) -> Reservation | None:
        """The first of them in this car, another one than the booking `but_id`."""
        return next((trip for trip in self.all() if trip.car_id == car_id and trip.id != but_id), None)
