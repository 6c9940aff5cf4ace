"""What the gate let through, its log, and the answers, words encrypted."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from experience.asks.models.known import one_of
from experience.asks.scale import ON_THE_SCALE
from experience.journey import Ask


class AskState(StrEnum):
    """Where an ask stands. One whose time is over rests as it was."""

    OFFERED = "offered"  # the gate let it through; nobody has seen it
    SHOWN = "shown"
    DISMISSED = "dismissed"
    ANSWERED = "answered"


class Logged(StrEnum):
    """What the log says of an ask."""

    OFFERED = "offered"
    SHOWN = "shown"
    DISMISSED = "dismissed"
    ANSWERED = "answered"
    SUPPRESSED = "suppressed"


NEWS = text("subject LIKE 'version:%'")
COUNTED, CHECK = text("reservation_id IS NOT NULL AND NOT exempt"), text("reservation_id IS NOT NULL AND exempt")


class AskedMember(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody whom we ask. Whoever decides about an ask holds this row, so that two never decide at once."""

    __tablename__ = "asked_members"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class AskRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Something that the gate let through: a question, or another solicitation, for one member."""

    __tablename__ = "asks"
    __table_args__ = (
        CheckConstraint(one_of("metric", [metric for metric in Ask if metric is not Ask.NONE], or_none=True),
                        name="ask_metric_is_known"),
        CheckConstraint(one_of("state", AskState), name="ask_state_is_known"),
        CheckConstraint("(state = 'offered') = (shown_at IS NULL)", name="an_ask_is_seen_before_it_ends"),
        CheckConstraint("(state IN ('dismissed', 'answered')) = (closed_at IS NOT NULL)", name="a_closed_ask_says_when"),
        CheckConstraint("expires_at > offered_at", name="an_ask_ends_after_it_begins"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_a_share"),
        CheckConstraint("shown_by IS NULL OR shown_by IN ('page', 'mail')", name="ask_channel_is_known"),
        Index("ix_asks_member", "member_id", "offered_at"),
        Index("ix_asks_offered", "offered_at", "solicitation", "state"),  # which the counts of the desk need nothing besides
        Index("one_ask_per_reservation", "reservation_id", unique=True, sqlite_where=COUNTED, postgresql_where=COUNTED),
        Index("one_check_per_trip", "reservation_id", unique=True, sqlite_where=CHECK, postgresql_where=CHECK),
        Index("news_of_a_version_come_once", "member_id", "solicitation", "subject", unique=True, sqlite_where=NEWS,
              postgresql_where=NEWS),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    solicitation: Mapped[str]
    metric: Mapped[str | None]
    exempt: Mapped[bool]
    step: Mapped[str]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))  # the one whose place it takes
    subject: Mapped[str | None]  # what else it is about: "case:<id>", "dispute:<id>", "version:<number>" of news
    state: Mapped[str]
    shown_by: Mapped[str | None]
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rules_version: Mapped[int]
    probability: Mapped[float]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # trip_id, car_id, lot_id, car_class, plan
    once: Mapped[str] = mapped_column(unique=True)


class AskLog(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One line on an ask: offered, shown, dismissed, answered, or suppressed and why. Lines are only added."""

    __tablename__ = "ask_log"
    __table_args__ = (
        CheckConstraint(one_of("what", Logged), name="ask_log_what_is_known"),
        CheckConstraint("(what = 'suppressed') = (why IS NOT NULL)", name="a_suppressed_ask_says_why"),
        Index("ix_ask_log_member", "member_id", "at"),
        Index("ix_ask_log_at", "at", "solicitation", "what", "why"),  # which the counts of the desk need nothing besides
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    solicitation: Mapped[str]
    what: Mapped[str]
    why: Mapped[str | None]
    rule: Mapped[str | None]
    rules_version: Mapped[int]
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("asks.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    channel: Mapped[str | None]
    situation: Mapped[dict[str, Any]] = mapped_column(JSON)  # of a wish: what the gate knew, so that it can be judged again
    once: Mapped[str | None] = mapped_column(unique=True)


class Answer(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a member answered, with what was known of it: where, with which car, in which words it was asked."""

    __tablename__ = "answers"
    __table_args__ = (
        CheckConstraint(ON_THE_SCALE, name="value_is_on_the_scale"),
        CheckConstraint("channel IN ('page', 'mail')", name="answer_channel_is_known"),
        CheckConstraint("probability > 0 AND probability <= 1", name="answer_probability_is_a_share"),
        UniqueConstraint("ask_id", name="one_answer_per_ask"),
        Index("ix_answers_at", "at"),
        Index("ix_answers_metric_step", "metric", "step", "at"),
        Index("ix_answers_reservation", "reservation_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    ask_id: Mapped[UUID] = mapped_column(ForeignKey("asks.id"))
    event_id: Mapped[UUID] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    solicitation: Mapped[str]
    metric: Mapped[str]
    step: Mapped[str]
    value: Mapped[int]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    car_id: Mapped[int | None] = mapped_column(ForeignKey("cars.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    car_class: Mapped[str | None]
    plan: Mapped[str | None]
    locale: Mapped[str]
    wording_version: Mapped[int]
    probability: Mapped[float]
    channel: Mapped[str]
