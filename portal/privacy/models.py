"""Downloads of everything that is about somebody with an account, and erasures."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class ExportState(StrEnum):
    """How far a download is."""

    BUILDING = "building"
    READY = "ready"
    GONE = "gone"  # its time is over, and its file deleted


class ErasureState(StrEnum):
    """How far an erasure is. Until it runs, whoever asked may cancel it."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN = (ErasureState.ASKED, ErasureState.RUNNING)
IS_BUILDING = text("state = 'building'")
IS_OPEN = text("state IN ('asked', 'running')")


class DataExport(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Everything about one user in one sealed file, as it was when it was asked for. `done` of `parts` are packed."""

    __tablename__ = "data_exports"
    __table_args__ = (
        CheckConstraint("state IN ('building', 'ready', 'gone')", name="export_state_is_known"),
        CheckConstraint("done BETWEEN 0 AND parts", name="no_more_is_packed_than_there_is"),
        CheckConstraint("(state = 'building') = (ready_at IS NULL) AND (ready_at IS NULL) = (ends_at IS NULL)",
                        name="a_ready_export_says_until_when"),
        CheckConstraint("(state = 'ready') = (file_key IS NOT NULL)", name="a_ready_export_has_its_file"),
        Index("one_export_at_a_time", "user_id", unique=True, sqlite_where=IS_BUILDING, postgresql_where=IS_BUILDING),
        Index("ix_data_exports_user", "user_id", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parts: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    file_key: Mapped[str | None] = mapped_column(unique=True, info={"private": True})
    stored_bytes: Mapped[int | None]


class ExportDownload(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody who was signed in as its owner took the file, on this kind of device."""

    __tablename__ = "export_downloads"
    __table_args__ = (Index("ix_export_downloads_export", "export_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[UUID] = mapped_column(ForeignKey("data_exports.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    device: Mapped[str]


class Erasure(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One wish to be erased. When it is done it knows its number and counts, and nobody's name: `user_id` goes with the rest.

    `erased` has for each holder how many rows went or were emptied, in the order in which they did; `kept` has for each reason
    how many rows stay, and until when at least.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'running', 'done', 'cancelled')", name="erasure_state_is_known"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="a_done_erasure_says_when"),
        CheckConstraint("state <> 'done' OR user_id IS NULL", name="a_done_erasure_is_nobodys"),
        CheckConstraint("state NOT IN ('asked', 'running') OR user_id IS NOT NULL", name="an_open_erasure_is_somebodys"),
        CheckConstraint("asked_at <= due_at", name="an_erasure_is_due_after_it_is_asked"),
        Index("one_erasure_at_a_time", "user_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    kept: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
