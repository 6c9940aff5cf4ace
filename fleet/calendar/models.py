"""Occupancies: the stretches of time in which a car is taken. The database itself refuses two that overlap."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.time import Span


class Kind(StrEnum):
    TRIP = "trip"
    BLOCK = "block"
    OFFER = "offer"  # held for a member who was offered the car and has not answered yet


class Occupancy(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A stretch of time in which a car is taken: by a trip with the turnaround after it, a block, or an offer.
    Its car and its span are never updated; an offer that is accepted becomes a trip."""

    __tablename__ = "occupancies"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="ends_after_it_starts"),
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in Kind)})", name="kind_is_known"),
        CheckConstraint("turnaround_from >= starts_at AND turnaround_from < ends_at", name="turnaround_is_at_the_end"),
        ExcludeConstraint(
            ("car_id", "="), (text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist", name="one_driver_at_a_time",
        ).ddl_if(dialect="postgresql"),  # SQLite: a trigger of the same name, in the migration
        Index("ix_occupancies_probe", "car_id", "ends_at", "starts_at"),
        Index("ix_occupancies_block", "block_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str]
    block_id: Mapped[int | None] = mapped_column(ForeignKey("blocks.id"))
    turnaround_from: Mapped[datetime | None] = mapped_column(UtcDateTime)  # none: nothing is held beyond the trip

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)


class Taken(NamedTuple):
    """An occupancy as a plain row, for reads of many: what is taken, without a life of its own."""

    id: int
    car_id: int
    starts_at: datetime
    ends_at: datetime
    kind: str
    block_id: int | None
    turnaround_from: datetime | None

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    @property
    def turnaround(self) -> Span | None:
        """The end of the span in which nobody drives the car: it charges, or is made ready."""
        return Span(self.turnaround_from, self.ends_at) if self.turnaround_from else None
