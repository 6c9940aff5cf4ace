"""Lots are places; bays are the numbered spaces in them, each with its own coordinates and level."""

from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import db


class Lot(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A place where cars live, with the words that get a member to them."""

    __tablename__ = "lots"
    __table_args__ = (
        CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="lot_is_on_earth"),
        CheckConstraint("access IN ('street', 'garage', 'gated', 'keybox')", name="access_is_known"),
        CheckConstraint("turnaround_minutes BETWEEN 0 AND 720", name="turnaround_is_short"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    address: Mapped[str]
    neighbourhood: Mapped[str]
    lat: Mapped[float]
    lng: Mapped[float]
    access: Mapped[str]
    how_to_get_in: Mapped[str]
    landmark: Mapped[str]
    street: Mapped[str]
    timezone: Mapped[str]
    city: Mapped[str] = mapped_column(server_default="")  # whose taxes and fees are taken here; empty: those of everywhere
    turnaround_minutes: Mapped[int]  # that every car here stands after each trip, at least (fleet/calendar/turnaround.py)

    bays: Mapped[list["Bay"]] = relationship(order_by="Bay.number", back_populates="lot")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Bay(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A numbered space for one car."""

    __tablename__ = "bays"
    __table_args__ = (UniqueConstraint("lot_id", "number", name="one_bay_per_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    number: Mapped[int]
    level: Mapped[str]
    lat: Mapped[float]
    lng: Mapped[float]
    charger: Mapped[bool]

    lot: Mapped[Lot] = relationship(back_populates="bays")
