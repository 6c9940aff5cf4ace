"""Moves that were offered, each with the car that is held for it and what became of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.cars.models import Car

OPEN = text("state = 'open'")


class MoveState(StrEnum):
    """What became of an offered move."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    LAPSED = "lapsed"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # there was no need for it any more


class Move(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Another car for the same time, held until its member has answered. The price is the lower of the two, so none is kept."""

    __tablename__ = "moves"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in MoveState)})", name="move_state_is_known"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="an_answered_move_says_when"),
        CheckConstraint("(state = 'agreed') = (change_id IS NOT NULL)", name="an_agreed_move_names_its_change"),
        CheckConstraint("offered_at < lapses_at", name="a_move_lapses_after_it_is_offered"),
        Index("ix_moves_reservation", "reservation_id"),
        Index("one_open_move_for_a_booking", "reservation_id", unique=True, postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    occupancy_id: Mapped[int | None] = mapped_column(ForeignKey("occupancies.id", ondelete="SET NULL"), unique=True)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # none: a block went on by itself
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("reservation_changes.id"))

    car: Mapped[Car] = relationship(lazy="joined", innerjoin=True)
