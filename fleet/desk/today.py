"""The bookings that start today, by the city's clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from core.database import db
from reservations.booking.models import Reservation, Status


@dataclass(frozen=True, slots=True)
class BookingsToday:
    """What starts on the local day of `now` and was not cancelled, soonest first."""

    now: datetime
    zone: ZoneInfo

    def select(self) -> Select[tuple[Reservation]]:
        day = self.now.astimezone(self.zone).date()
        begins = datetime.combine(day, time.min, self.zone)
        ends = datetime.combine(day + timedelta(days=1), time.min, self.zone)
        return (select(Reservation)
                .where(Reservation.starts_at >= begins, Reservation.starts_at < ends,
                       Reservation.status != Status.CANCELLED)
                .order_by(Reservation.starts_at, Reservation.id))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))

    def count(self) -> int:
        query = self.select().order_by(None).with_only_columns(func.count(Reservation.id), maintain_column_froms=True)
        return db.session.execute(query).scalar_one()
