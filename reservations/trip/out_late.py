"""Cars that are still out although their trip should have ended: nobody is sent to an empty bay."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from reservations.booking.models import Reservation
from reservations.trip.models import Trip


def cars_out_late(now: datetime, car_ids: list[int] | None = None) -> set[int]:
    """The ids of cars whose driver is past the end of the trip, of all cars or of the given ones."""
    query = select(Trip.car_id).join(Reservation, Reservation.id == Trip.reservation_id).where(
        Trip.ended_at.is_(None), Reservation.ends_at < now)
    if car_ids is not None:
        query = query.where(Trip.car_id.in_(car_ids))
    return set(db.session.scalars(query))
