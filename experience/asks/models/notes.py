"""The quiet notes on steps, words encrypted, and what was written back."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Mood(StrEnum):
    GOOD = "good"
    SO_SO = "so_so"
    BAD = "bad"


class NoteStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Tag(StrEnum):
    """What a note is about: a closed list, so that it can be counted."""

    CAR = "car"
    LOT = "lot"
    APP = "app"
    PRICE = "price"
    PEOPLE = "people"
    OTHER = "other"


class Note(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """How a step is going, said by whoever lives through it. A visitor's note has no member to answer."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint(f"mood IN ({', '.join(repr(m.value) for m in Mood)})", name="mood_is_known"),
        CheckConstraint(f"status IN ({', '.join(repr(s.value) for s in NoteStatus)})", name="note_status_is_known"),
        CheckConstraint(f"tag IN ({', '.join(repr(t.value) for t in Tag)})", name="tag_is_known"),
        UniqueConstraint("event_id", name="one_note_per_event"),
        Index("ix_notes_at", "at"),
        Index("ix_notes_status_at", "status", "at"),
        Index("ix_notes_step_at", "step", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[str]
    mood: Mapped[str]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str]
    tag: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoteReply(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What the CX team wrote back."""

    __tablename__ = "note_replies"
    __table_args__ = (Index("ix_note_replies_note", "note_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    words_sealed: Mapped[str] = mapped_column(info={"private": True})
