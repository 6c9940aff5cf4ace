"""A series: bookings that were made together because they recur, and the days on which that was not possible."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.cars.models import Car
from portal.account.models import Member


class Series(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a member wished to have again and again. The bookings are reservations of their own and name it; `not_booked` has
    a row for each day without one: its date, times by the lot's clock, and why.
    """

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("member_id", "once", name="one_series_per_form"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    once: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wish: Mapped[dict[str, Any]] = mapped_column(JSON)
    not_booked: Mapped[list[dict[str, str]]] = mapped_column(JSON)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)
    car: Mapped[Car] = relationship(lazy="joined", innerjoin=True)
