"""The cars that a member knows: the newest trip behind them with each."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from core.database import db
from fleet.cars.models import Car, CarState
from reservations.booking.models import Reservation, Status


@dataclass(frozen=True, slots=True)
class RecentTrips:
    """A member's newest booking that is over of each car still in the fleet, the newest first."""

    member_id: int
    limit: int = 3

    def select(self) -> Select[tuple[Reservation]]:
        newest = func.row_number().over(partition_by=Reservation.car_id,
                                        order_by=(Reservation.starts_at.desc(), Reservation.id.desc()))
        ranked = select(Reservation.id, newest.label("place")).where(
            Reservation.member_id == self.member_id, Reservation.status.not_in((Status.BOOKED, Status.DRIVING))).subquery()
        return (select(Reservation).join(ranked, ranked.c.id == Reservation.id).join(Car, Car.id == Reservation.car_id)
                .where(ranked.c.place == 1, Car.state != CarState.RETIRED)
                .order_by(Reservation.starts_at.desc(), Reservation.id.desc()).limit(self.limit))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))
