"""Suggestions of a lot or a car, and who else wants it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.lots.models import Lot


class Wanted(StrEnum):
    LOT = "lot"
    CAR = "car"


class SuggestionState(StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    DONE = "done"
    NOT_NOW = "not_now"


_UNANSWERED = text("state IN ('open', 'planned')")


class Suggestion(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A lot in a neighbourhood, or a car of a class at a lot. The same wish is one row; whoever shares it votes."""

    __tablename__ = "suggestions"
    __table_args__ = (
        CheckConstraint("wanted IN ('lot', 'car')", name="wanted_is_known"),
        CheckConstraint("(wanted = 'car') = (car_class IS NOT NULL)", name="a_wanted_car_has_a_class"),
        CheckConstraint("state IN ('open', 'planned', 'done', 'not_now')", name="suggestion_state_is_known"),
        CheckConstraint("(state = 'open') = (answer IS NULL)", name="an_answer_says_why"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="an_answer_says_when"),
        Index("one_wish_is_one_suggestion", "wish", unique=True, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
        Index("ix_suggestions_state", "state", "at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    wanted: Mapped[str]
    neighbourhood: Mapped[str]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))  # where the car is wanted; the nearest to a wanted lot
    car_class: Mapped[str | None]
    wish: Mapped[str]  # what makes two of them the same: "lot:Pilsen", "car:12:van"
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    state: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    lot: Mapped[Lot] = relationship(lazy="joined", innerjoin=True)


class SuggestionVote(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member wants it too: once each, and whoever suggested it first."""

    __tablename__ = "suggestion_votes"
    __table_args__ = (Index("ix_suggestion_votes_member", "member_id"),)

    suggestion_id: Mapped[UUID] = mapped_column(ForeignKey("suggestions.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
