"""Changes of plan, which count from the first of a month on, and pauses."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from portal.account.models import Plan

_PLANS = ", ".join(repr(plan.value) for plan in Plan)
AHEAD = text("undone_at IS NULL AND counted_at IS NULL")
GOING = text("ended_at IS NULL")


class EndedBy(StrEnum):
    """How a pause came to its end."""

    MEMBER = "member"
    CLOCK = "clock"
    LEAVING = "leaving"


class PlanChange(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One change of a member's plan: ahead until it counts or is undone, and one at a time is."""

    __tablename__ = "plan_changes"
    __table_args__ = (
        CheckConstraint(f"from_plan IN ({_PLANS}) AND to_plan IN ({_PLANS})", name="plans_of_a_change_are_known"),
        CheckConstraint("from_plan <> to_plan", name="a_change_of_plan_changes_it"),
        CheckConstraint("asked_at < counts_from", name="a_change_of_plan_counts_later"),
        CheckConstraint("undone_at IS NULL OR counted_at IS NULL", name="what_is_undone_never_counts"),
        Index("one_change_of_plan_ahead", "member_id", unique=True, sqlite_where=AHEAD, postgresql_where=AHEAD),
        Index("ix_plan_changes_ahead", "counts_from", sqlite_where=AHEAD, postgresql_where=AHEAD),
        Index("ix_plan_changes_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    from_plan: Mapped[str]
    to_plan: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts_from: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Pause(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One pause of a membership: it goes on until its member ends it, leaves, or its time is over."""

    __tablename__ = "pauses"
    __table_args__ = (
        CheckConstraint("begun_at < until", name="a_pause_ends_after_it_begins"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="an_ended_pause_says_how"),
        CheckConstraint(f"ended_by IS NULL OR ended_by IN ({', '.join(repr(e.value) for e in EndedBy)})",
                        name="end_of_a_pause_is_known"),
        Index("one_pause_at_a_time", "member_id", unique=True, sqlite_where=GOING, postgresql_where=GOING),
        Index("ix_pauses_until", "until", sqlite_where=GOING, postgresql_where=GOING),
        Index("ix_pauses_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None]
