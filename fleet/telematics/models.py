"""Commands to cars: the intent is a row before the car is called, so that nothing is lost and nothing done twice."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class CommandState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    SILENT = "silent"


class CarCommand(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One flash, horn, unlock or lock: asked, and answered or not. Its id is the key under which the car acts once."""

    __tablename__ = "car_commands"
    __table_args__ = (
        CheckConstraint("action IN ('flash', 'horn', 'unlock', 'lock')", name="action_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in CommandState)})", name="command_state_is_known"),
        Index("ix_car_commands_reservation", "reservation_id", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    action: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None]
