"""What the desk keeps of its own: saved views, who owns a step, who was looked up, what stood out, and days as counted."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class LookupReason(StrEnum):
    """Why somebody must know who is behind a random id: a closed list, so that it can be counted."""

    ANSWER = "answer"
    SAFETY = "safety"
    MONEY = "money"
    MISTAKE = "mistake"
    ASKED = "asked"


class Lookup(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody of the staff asked who is behind a random id. Append-only: the database refuses to change or delete it."""

    __tablename__ = "lookups"
    __table_args__ = (
        CheckConstraint(f"reason IN ({', '.join(repr(r.value) for r in LookupReason)})", name="lookup_reason_is_known"),
        Index("ix_lookups_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    pid: Mapped[UUID] = mapped_column(Uuid)
    found: Mapped[bool]  # whether there still was somebody behind it
    reason: Mapped[str]
    words_sealed: Mapped[str] = mapped_column(info={"private": True})


class SavedView(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A page of the desk as somebody narrowed it down, under a name of their own."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("user_id", "name", name="one_view_of_a_name"),
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="a_view_has_a_name"),
        CheckConstraint("address LIKE '/experience/%'", name="a_view_is_a_page_of_the_desk"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    address: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StepOwner(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Who of the team looks after a step."""

    __tablename__ = "step_owners"

    step: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class Scan(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One look over all facts and measures: how many comparisons were made, and what stood out."""

    __tablename__ = "scans"
    __table_args__ = (
        CheckConstraint("since < until", name="a_scan_looks_over_some_time"),
        CheckConstraint("compared >= 0", name="comparisons_are_counted"),
        Index("ix_scans_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    compared: Mapped[int]
    signals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class CountedDay(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A day of the city that is over, and whose events were counted."""

    __tablename__ = "counted_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the wall's clock, as ids are, before its events were read
    thinned: Mapped[bool]  # whether its events are forgotten, and with them what could be somebody


class StepDay(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What became of a step on a counted day: the same figures that its events give (experience/insight/days.py)."""

    __tablename__ = "step_days"

    day: Mapped[date] = mapped_column(ForeignKey("counted_days.day", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    phases: Mapped[dict[str, int]] = mapped_column(JSON)
    times: Mapped[dict[str, int]] = mapped_column(JSON)  # milliseconds, as rounded(), and how many visits took them
    places: Mapped[list[list[Any]]] = mapped_column(JSON)  # lot, class, phases, times: of events that name one of both
    longest: Mapped[list[list[Any]]] = mapped_column(JSON)  # of each lot and class: see times.Visit
