"""The event log in its final shape, and the one table that ties its random ids to people and trips."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from experience.journey import Phase

SOURCE = "/roundtrip"


class Event(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One thing that happened at one step (CloudEvents names). Never changed; facts are ids and numbers only."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("source", "id", name="one_event_per_source_and_id"),
        CheckConstraint(f"phase IN ({', '.join(repr(p.value) for p in Phase)})", name="phase_is_known"),
        CheckConstraint("actor IN ('member', 'staff', 'system', 'other_member')", name="actor_is_known"),
        CheckConstraint("attempt >= 1", name="attempt_counts_from_one"),
        Index("ix_events_step_time", "step", "time"),
        Index("ix_events_journey", "journey_id", "step"),
        Index("ix_events_member", "member_pid", "time"),
        {"postgresql_partition_by": "RANGE (id)"},  # by month of the UUIDv7; see experience/record/partitions.py
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    source: Mapped[str]
    type: Mapped[str]
    subject: Mapped[str | None]
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    dataschema: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    member_pid: Mapped[UUID | None] = mapped_column(Uuid)
    session_id: Mapped[str | None]
    trace_id: Mapped[str | None]
    journey_id: Mapped[str | None]
    step: Mapped[str]
    phase: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=1)
    channel: Mapped[str]
    actor: Mapped[str]
    objects: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    promise_id: Mapped[UUID | None] = mapped_column(Uuid)
    expected: Mapped[float | None]
    actual: Mapped[float | None]
    unit: Mapped[str | None]
    duration_ms: Mapped[int | None]
    error_code: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    experiment: Mapped[str | None]
    consent_version: Mapped[str | None]
    app_version: Mapped[str]
    is_demo: Mapped[bool]


class Identity(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A random id in the event log and whom or what it stands for. Erasing the row makes the events nobody's."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("kind", "ref", name="one_pid_each"),
        CheckConstraint("kind IN ('member', 'trip')", name="identity_kind_is_known"),
    )

    pid: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str]
    ref: Mapped[int]


class BrowserEvent(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a browser told of a page that we had sent it. Kept for 90 days; the same (source, id) told twice counts once."""

    __tablename__ = "browser_events"
    __table_args__ = (
        CheckConstraint("kind IN ('vitals', 'field_error', 'back_track', 'rage_click', 'script_error')",
                        name="browser_kind_is_known"),
        Index("ix_browser_events_step", "step", "kind", "time"),
        Index("ix_browser_events_journey", "journey_id"),
        Index("ix_browser_events_recorded", "recorded_at"),
        Index("ix_browser_events_member", "member_pid"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)  # /roundtrip/browser/ and the visit
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    type: Mapped[str]
    kind: Mapped[str]
    dataschema: Mapped[str]
    time: Mapped[datetime] = mapped_column(UtcDateTime)  # by our clock: when it came, less how long ago the browser says
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger)  # how far the browser's clock is ahead of ours; believed by nobody
    step: Mapped[str]
    session_id: Mapped[str]
    trace_id: Mapped[str]  # the page's, as on the event of its view
    journey_id: Mapped[str]
    member_pid: Mapped[UUID | None] = mapped_column(Uuid)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    app_version: Mapped[str]
    is_demo: Mapped[bool]


class QuarantinedEvent(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a browser told and we could not believe: where it does not fit, and its shape without a word of it."""

    __tablename__ = "quarantined_events"
    __table_args__ = (
        CheckConstraint("length(body) <= 1000", name="a_quarantined_body_is_short"),
        Index("ix_quarantined_events_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str]
    step: Mapped[str]
    reason: Mapped[str]
    body: Mapped[str]
