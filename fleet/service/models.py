"""Blocks: a car out of service until someone says otherwise."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db

OPEN = text("ended_at IS NULL")


class Block(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A car taken out of service: its free time until `until` is held; bookings in it are named, not erased."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("starts_at < until", name="block_ends_after_it_starts"),
        CheckConstraint("state IN ('cleaning', 'maintenance', 'damaged', 'transport')", name="block_state_is_known"),
        Index("ix_blocks_car", "car_id"),
        Index("one_open_block_per_car", "car_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    state: Mapped[str]
    why: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
