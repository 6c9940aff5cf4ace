"""Cars that are still out although their trip should have ended: nobody is sent to an empty bay."""

from datetime import datetime

from sqlalchemy import Table, bindparam, select

from core.database import db
from reservations.booking.models import Reservation
from reservations.trip.models import Trip

# Built once: every search for a time that is near asks it.
_trips: Table = Trip.__table__
_booked: Table = Reservation.__table__
_LATE = select(_trips.c.car_id).join(_booked, _booked.c.id == _trips.c.reservation_id).where(
    _trips.c.ended_at.is_(None), _booked.c.ends_at < bindparam("now"))
_LATE_OF = _LATE.where(_trips.c.car_id.in_(bindparam("cars", expanding=True)))


def cars_out_late(now: datetime, car_ids: list[int] | None = None) -> set[int]:
    """The ids of cars whose driver is past the end of the trip, of all cars or of the given ones."""
    return set(db.session.scalars(_LATE if car_ids is None else _LATE_OF, {"now": now, "cars": car_ids}))
