"""The ledger of promises: dated and measurable, to one member, each settled once and for good."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from experience.promises.kinds import Cause, State

OPEN = text("state = 'open'")
OPEN_ABOUT = text("state = 'open' AND subject IS NOT NULL")
_OF_TRIPS = "subject IS NULL AND reservation_id IS NOT NULL AND (cause IS NULL OR cause <> 'changed')"
A_TRIPS = text(f"{_OF_TRIPS} AND kind <> 'reminder'")
REMINDERS = text(f"{_OF_TRIPS} AND kind = 'reminder'")  # one that has gone was kept, and a later start has one of its own
NAMED = text("once IS NOT NULL")


class Promise(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One promise to one member. Once settled, what was promised and what came of it never change, but that
    a correction (below) makes of one that was kept a broken one: a trigger holds it."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in State)})", name="promise_state_is_known"),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="a_settled_promise_says_when"),
        CheckConstraint("(state IN ('broken', 'waived')) = (cause IS NOT NULL)", name="a_promise_not_kept_has_a_cause"),
        CheckConstraint(f"cause IS NULL OR cause IN ({', '.join(repr(c.value) for c in Cause)})", name="cause_is_known"),
        CheckConstraint("cause_reservation_id IS NULL OR cause = 'other_member'", name="another_trip_is_another_members"),
        CheckConstraint("by_user_id IS NULL OR (owner_id IS NOT NULL AND due_at IS NOT NULL)",
                        name="a_promise_by_hand_is_owned_and_dated"),
        CheckConstraint("words_sealed IS NULL OR by_user_id IS NOT NULL", name="words_are_somebodys"),
        Index("one_promise_of_a_kind_a_trip", "reservation_id", "kind", unique=True,
              sqlite_where=A_TRIPS, postgresql_where=A_TRIPS),
        Index("one_reminder_of_a_start", "reservation_id", "due_at", unique=True,
              sqlite_where=REMINDERS, postgresql_where=REMINDERS),
        Index("one_open_promise_of_a_kind", "subject", "kind", unique=True, sqlite_where=OPEN_ABOUT,
              postgresql_where=OPEN_ABOUT),
        Index("one_promise_a_form", "once", unique=True, sqlite_where=NAMED, postgresql_where=NAMED),
        Index("ix_promises_open", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_promises_member", "member_id"),
        Index("ix_promises_settled", "settled_at", "kind", sqlite_where=text("settled_at IS NOT NULL"),
              postgresql_where=text("settled_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str]
    step: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    subject: Mapped[str | None]  # what else it is about, opaque here: "conversation:<uuid>", "refund:<uuid>"
    minted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expected: Mapped[float | None]
    unit: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actual: Mapped[float | None]
    cause: Mapped[str | None]
    cause_reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, server_default=text("'{}'"))
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    alarmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str | None]


class PromiseCorrection(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What showed later that a promise which counted as kept was broken. It was settled as kept when it was settled; this
    says since when and by what it counts as broken. Never changed: a trigger holds it."""

    __tablename__ = "promise_corrections"
    __table_args__ = (CheckConstraint("about LIKE '%:%'", name="a_correction_names_what_showed_it"),)

    promise_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("promises.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    about: Mapped[str]  # "dispute:<uuid>"
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
