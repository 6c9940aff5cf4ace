"""Remarks on a car or a lot: public words of members who were there, with the operator's reply."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class RemarkState(StrEnum):
    """Held: somebody of ours looks at it first. Refused: it was never shown. Removed: it was, and is not any more."""

    HELD = "held"
    SHOWN = "shown"
    REFUSED = "refused"
    REMOVED = "removed"


class RemovedWhy(StrEnum):
    PERSONAL = "personal"
    RUDE = "rude"
    UNTRUE = "untrue"
    OLD = "old"
    NOT_ABOUT_IT = "not_about_it"


class Remark(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One remark of one member about one car or one lot."""

    __tablename__ = "remarks"
    __table_args__ = (
        CheckConstraint("(car_id IS NULL) <> (lot_id IS NULL)", name="a_remark_is_about_one_thing"),
        CheckConstraint("state IN ('held', 'shown', 'refused', 'removed')", name="remark_state_is_known"),
        CheckConstraint("length(words) BETWEEN 5 AND 280", name="a_remark_is_short"),
        CheckConstraint("(state IN ('refused', 'removed')) = (why IS NOT NULL)", name="what_is_not_shown_has_a_reason"),
        CheckConstraint("why IS NULL OR why IN ('personal', 'rude', 'untrue', 'old', 'not_about_it')",
                        name="remark_reason_is_known"),
        CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="a_reply_says_when"),
        UniqueConstraint("once", name="uq_remarks_once"),
        Index("ix_remarks_car", "car_id", "state", "at"),
        Index("ix_remarks_lot", "lot_id", "state", "at"),
        Index("ix_remarks_state", "state", "at"),
        Index("ix_remarks_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    car_id: Mapped[int | None] = mapped_column(ForeignKey("cars.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(info={"private": True})
    state: Mapped[str]
    why: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replied_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    once: Mapped[str]


class RemarkReport(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member says that a remark should not stand: once each. `seen_at`: somebody of ours looked at it."""

    __tablename__ = "remark_reports"
    __table_args__ = (
        CheckConstraint("why IN ('personal', 'rude', 'untrue', 'old', 'not_about_it')", name="report_reason_is_known"),
    )

    remark_id: Mapped[UUID] = mapped_column(ForeignKey("remarks.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str]
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
