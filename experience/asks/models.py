"""What members tell us, kept apart from the events, words encrypted: notes on steps, asks with their log and answers,
what people used and hoped for before us; and the gate's rules and wordings."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from experience.asks.scale import ON_THE_SCALE
from experience.journey import Ask


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


class Stage(StrEnum):
    """When somebody tells what they use and hope for."""

    JOINING = "joining"
    FIRST_BOOKING = "first_booking"
    LEAVING = "leaving"


class Means(StrEnum):
    """What people use when they need a car: before us what they come from, at leaving what they go to."""

    OWN_CAR = "own_car"
    TRANSIT = "transit"
    RIDE = "ride"
    RENTAL = "rental"
    SHARED = "shared"
    BIKE = "bike"
    NOTHING = "nothing"
    OTHER = "other"


class Hope(StrEnum):
    """What people expect of us first of all."""

    CHEAPER = "cheaper"
    THERE = "there"
    SIMPLE = "simple"
    CLEAN = "clean"
    NEAR = "near"
    OTHER = "other"


class Heard(StrEnum):
    """Where people say they heard of us."""

    FRIEND = "friend"
    STREET = "street"
    SEARCH = "search"
    SOCIAL = "social"
    PRESS = "press"
    WORK = "work"
    OTHER = "other"


def _one_of(column: str, values: Iterable[str], *, or_none: bool = False) -> str:
    known = f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
    return f"{column} IS NULL OR {known}" if or_none else known


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
        CheckConstraint(_one_of("metric", [metric for metric in Ask if metric is not Ask.NONE], or_none=True),
                        name="ask_metric_is_known"),
        CheckConstraint(_one_of("state", AskState), name="ask_state_is_known"),
        CheckConstraint("(state = 'offered') = (shown_at IS NULL)", name="an_ask_is_seen_before_it_ends"),
        CheckConstraint("(state IN ('dismissed', 'answered')) = (closed_at IS NOT NULL)", name="a_closed_ask_says_when"),
        CheckConstraint("expires_at > offered_at", name="an_ask_ends_after_it_begins"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_a_share"),
        CheckConstraint("shown_by IS NULL OR shown_by IN ('page', 'mail')", name="ask_channel_is_known"),
        Index("ix_asks_member", "member_id", "offered_at"),
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
        CheckConstraint(_one_of("what", Logged), name="ask_log_what_is_known"),
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


class AskRule(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One number of the gate from a moment on, set by somebody of the CX team. What no row sets is as delivered."""

    __tablename__ = "ask_rules"
    __table_args__ = (
        UniqueConstraint("key", "version", name="one_value_per_version"),
        CheckConstraint("value >= 0", name="rule_value_is_not_negative"),
        CheckConstraint("version > 1", name="rule_version_follows_the_delivered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[int]
    version: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AskWording(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The words of a solicitation in a language. Never changed: new words are a new version; version 1 is as delivered."""

    __tablename__ = "ask_wordings"
    __table_args__ = (
        UniqueConstraint("solicitation", "locale", "version", name="one_wording_per_version"),
        CheckConstraint("version > 1", name="wording_version_follows_the_delivered"),
        CheckConstraint("length(question) >= 5", name="a_question_asks_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    solicitation: Mapped[str]
    locale: Mapped[str]
    version: Mapped[int]
    question: Mapped[str]
    labels: Mapped[list[str]] = mapped_column(JSON)
    body: Mapped[str | None]  # what news say below their headline
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Mailing(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody of the team had news in one version of their words sent to an audience. The gate decides about each member."""

    __tablename__ = "mailings"
    __table_args__ = (
        CheckConstraint("wording_version >= 1", name="mailings_words_have_a_version"),
        CheckConstraint("wished >= 0", name="wished_is_counted"),
        Index("ix_mailings_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    solicitation: Mapped[str]
    wording_version: Mapped[int]
    audience: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    wished: Mapped[int]  # for how many members the gate was asked so far
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)


class Expectation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What somebody used before us (or goes to after us), what they hope for, where they heard of us. All of it optional."""

    __tablename__ = "expectations"
    __table_args__ = (
        CheckConstraint(_one_of("stage", Stage), name="expectation_stage_is_known"),
        CheckConstraint(_one_of("means", Means, or_none=True), name="means_is_known"),
        CheckConstraint(_one_of("hope", Hope, or_none=True), name="hope_is_known"),
        CheckConstraint(_one_of("heard", Heard, or_none=True), name="heard_is_known"),
        CheckConstraint("means IS NOT NULL OR hope IS NOT NULL OR heard IS NOT NULL OR words_sealed IS NOT NULL",
                        name="an_expectation_says_something"),
        UniqueConstraint("ask_id", name="one_expectation_per_ask"),
        Index("ix_expectations_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    stage: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # none: a visitor, before there is an account
    session_id: Mapped[str | None]
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("asks.id"))
    means: Mapped[str | None]
    hope: Mapped[str | None]
    heard: Mapped[str | None]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
