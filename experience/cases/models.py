"""Cases, why each was opened, everything that was done about it, and the fixes that mend many at once."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Rule(StrEnum):
    """What opens a case."""

    DETRACTOR = "detractor"  # an answer that says "never again"
    HARD = "hard"  # an ease of 3 or less
    FAILED = "failed"  # a severe or repeated failure (experience/cases/rules.py)
    BROKEN_PROMISE = "broken_promise"
    PROMISE_OVERDUE = "promise_overdue"
    HELP = "help"  # somebody wrote
    NOTE = "note"  # a note on a step, by one click
    HAND = "hand"


class Severity(StrEnum):
    """How bad it was for the member; the clock goes by it (policies `case_reply_…` and `case_close_…`)."""

    MINOR = "minor"
    SERIOUS = "serious"
    SEVERE = "severe"


class State(StrEnum):
    NEW = "new"  # nobody has it yet
    OPEN = "open"  # we owe the next word
    WAITING = "waiting"  # the member has it
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended: a closed list, so that it can be counted. The member reads its words."""

    SOLVED = "solved"
    MADE_GOOD = "made_good"
    EXPLAINED = "explained"
    APOLOGISED = "apologised"
    STANDS = "stands"
    NO_ANSWER = "no_answer"


class End(StrEnum):
    """What becomes of a promise, or of money that waits, when its case is closed."""

    DONE = "done"
    NOT_DONE = "not_done"
    STAYS = "stays"
    WITHDRAWN = "withdrawn"


class CauseCode(StrEnum):
    """Where it went wrong, for the fixes."""

    CAR_TECHNIQUE = "car_technique"
    CAR_CONDITION = "car_condition"
    MEMBER_BEFORE = "member_before"
    LOT = "lot"
    SITE = "site"
    MONEY = "money"
    MESSAGES = "messages"
    RULES = "rules"
    OUR_PEOPLE = "our_people"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Act(StrEnum):
    """What an entry in a case says was done."""

    OPENED = "opened"
    REASON = "reason"
    TAKEN = "taken"
    HANDED_OVER = "handed_over"
    NOTE = "note"
    REPLY = "reply"
    MEMBER_WROTE = "member_wrote"
    CREDIT = "credit"
    REFUND = "refund"
    PROMISE = "promise"
    LINKED = "linked"
    CLOSED = "closed"
    REOPENED = "reopened"
    OVERDUE = "overdue"


class FixState(StrEnum):
    IDEA = "idea"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class Measure(StrEnum):
    """By what share a fix is judged before and after: those of experience/insight/measures.py that are shares of a step."""

    STOPPED = "stopped"
    MISSED = "missed"
    KEPT = "kept"
    MOOD = "mood"


def known(values: Iterable[StrEnum]) -> str:
    """The values for an SQL list."""
    return ", ".join(repr(value.value) for value in values)


OPEN = text("state <> 'closed'")
OPEN_WITHOUT_TRIP = text("state <> 'closed' AND reservation_id IS NULL")


class Case(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One member's bad experience. While it is open, `due_at` is when the member hears from us next at the latest.

    `version` grows with every act, so that of two people who act on what they saw the second is told.
    `heard_at` is until when the member's own words in the conversation have been taken in.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(f"rule IN ({known(Rule)})", name="case_rule_is_known"),
        CheckConstraint(f"severity IN ({known(Severity)})", name="case_severity_is_known"),
        CheckConstraint(f"state IN ({known(State)})", name="case_state_is_known"),
        CheckConstraint(f"outcome IN ({known(Outcome)})", name="case_outcome_is_known"),
        CheckConstraint(f"cause_code IN ({known(CauseCode)})", name="case_cause_is_known"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL) AND (state = 'closed') = (outcome IS NOT NULL)",
                        name="a_closed_case_has_an_outcome"),
        CheckConstraint("state = 'new' OR owner_id IS NOT NULL", name="a_case_in_work_has_an_owner"),
        CheckConstraint("version >= 1", name="case_versions_count_from_one"),
        Index("one_open_case_of_a_trip", "member_id", "reservation_id", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        Index("one_open_case_without_a_trip", "member_id", unique=True, sqlite_where=OPEN_WITHOUT_TRIP,
              postgresql_where=OPEN_WITHOUT_TRIP),
        Index("ix_cases_due", "state", "due_at"),
        Index("ix_cases_opened", "opened_at"),
        Index("ix_cases_member", "member_id", "opened_at"),
        Index("ix_cases_conversation", "conversation_id"),
        Index("ix_cases_fix", "fix_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    step: Mapped[str]
    rule: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alarmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_reply_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None]
    cause_code: Mapped[str | None]
    fix_id: Mapped[UUID | None] = mapped_column(ForeignKey("fixes.id"))
    reopened: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class CaseReason(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One rule that was hit, and by what: the same hit opens nothing twice."""

    __tablename__ = "case_reasons"
    __table_args__ = (
        CheckConstraint(f"rule IN ({known(Rule)})", name="reason_rule_is_known"),
        CheckConstraint(f"severity IN ({known(Severity)})", name="reason_severity_is_known"),
        UniqueConstraint("rule", "about", name="one_reason_for_each_hit"),
        Index("ix_case_reasons_case", "case_id"),
        Index("ix_case_reasons_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    rule: Mapped[str]
    about: Mapped[str]  # "answer:…", "promise:…", "conversation:…", "note:…", "trip:…/rule"
    step: Mapped[str]
    severity: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseEntry(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One thing that was done, said or noted in a case. Rows are only ever added; facts are ids and numbers."""

    __tablename__ = "case_entries"
    __table_args__ = (
        CheckConstraint(f"act IN ({known(Act)})", name="case_act_is_known"),
        UniqueConstraint("once", name="uq_case_entries_once"),
        Index("ix_case_entries_case", "case_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    act: Mapped[str]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    once: Mapped[str | None]  # of the form that did it


class Fix(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Something that is mended for everybody, and what was seen to change."""

    __tablename__ = "fixes"
    __table_args__ = (
        CheckConstraint(f"state IN ({known(FixState)})", name="fix_state_is_known"),
        CheckConstraint(f"measure IN ({known(Measure)})", name="fix_measure_is_known"),
        CheckConstraint("length(title) BETWEEN 3 AND 120", name="a_fix_has_a_title"),
        CheckConstraint("state <> 'doing' OR started_at IS NOT NULL", name="a_fix_under_way_says_since_when"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="a_done_fix_says_when"),
        CheckConstraint("(published IS NULL) = (published_at IS NULL)", name="what_is_published_has_a_date"),
        CheckConstraint("published_at IS NULL OR state = 'done'", name="only_what_is_done_is_published"),
        CheckConstraint("version >= 1", name="fix_versions_count_from_one"),
        Index("ix_fixes_state", "state"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str]
    step: Mapped[str]
    hypothesis: Mapped[str]
    measure: Mapped[str]
    state: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said: Mapped[str | None]  # what members said, in our words, as it is published
    published: Mapped[str | None]  # what we did about it
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class CaseWatch(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Until when something that is looked at in turns has been looked at."""

    __tablename__ = "case_watches"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_until: Mapped[datetime] = mapped_column(UtcDateTime)
