"""Who left, when, and why if they said so."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Reason(StrEnum):
    """Why people leave, as far as they say: a closed list, so that it can be counted."""

    COST = "cost"
    TOO_FAR = "too_far"
    NEVER_FREE = "never_free"
    CARS = "cars"
    TROUBLE = "trouble"
    OWN_CAR = "own_car"
    MOVED = "moved"
    NO_NEED = "no_need"
    OTHER = "other"


class Departure(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The end of one membership, said by its member."""

    __tablename__ = "departures"
    __table_args__ = (
        CheckConstraint(f"reason IS NULL OR reason IN ({', '.join(repr(r.value) for r in Reason)})",
                        name="leaving_reason_is_known"),
        CheckConstraint("came_back_at >= at", name="nobody_comes_back_before_leaving"),
        Index("ix_departures_member", "member_id", "at"),
        Index("ix_departures_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    came_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
