"""Conversations with the people who help: who asks, about what, by when we answer, and every word sealed."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Kind(StrEnum):
    """What somebody wants; the last one is a conversation that we began."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    COMPLIMENT = "compliment"
    SUGGESTION = "suggestion"
    CALLBACK = "callback"
    URGENT = "urgent"
    WE_WROTE = "we_wrote"


class Status(StrEnum):
    """Where a conversation stands; waiting: it is the member's turn."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    MERGED = "merged"


class CallState(StrEnum):
    WANTED = "wanted"
    DONE = "done"
    NOT_REACHED = "not_reached"


class Author(StrEnum):
    """Who wrote an entry. A visitor is `member` of a conversation that has none."""

    MEMBER = "member"
    STAFF = "staff"
    SYSTEM = "system"


class MailState(StrEnum):
    """What became of a mail that came in."""

    TAKEN = "taken"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"


OURS = (Status.NEW, Status.OPEN)  # it is our turn
OPEN = (Status.NEW, Status.OPEN, Status.WAITING)
_STILL_URGENT = text("kind = 'urgent' AND status IN ('new', 'open', 'waiting')")
_OWED = text("answer_due_at IS NOT NULL")


def _one_of(column: str, words: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(word.value) for word in words)})"


class Conversation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One matter between somebody and us. What the page knew when it was opened is filled in, unless they took it out."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint(_one_of("kind", Kind), name="conversation_kind_is_known"),
        CheckConstraint(_one_of("status", Status), name="conversation_status_is_known"),
        CheckConstraint("(member_id IS NULL) <> (visitor_sealed IS NULL)", name="somebody_asks"),
        CheckConstraint("(visitor_sealed IS NULL) = (visitor_hash IS NULL)", name="a_visitor_can_be_found_again"),
        CheckConstraint("answer_due_at IS NULL OR status IN ('new', 'open')", name="an_answer_is_owed_on_our_turn"),
        CheckConstraint("(status = 'solved') = (solved_at IS NOT NULL)", name="a_solved_one_says_when"),
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="a_merged_one_says_into_which"),
        CheckConstraint("merged_into_id <> id", name="nothing_is_merged_into_itself"),
        CheckConstraint("reopened >= 0", name="reopening_is_counted"),
        CheckConstraint(f"call_state IS NULL OR {_one_of('call_state', CallState)}", name="asked_call_state_is_known"),
        CheckConstraint("(call_state IS NULL) = (phone_sealed IS NULL)", name="a_call_has_a_number"),
        CheckConstraint("call_until IS NULL OR (call_from IS NOT NULL AND call_from < call_until)",
                        name="a_call_has_a_window"),
        CheckConstraint("(passed_on_at IS NULL) = (passed_on_by IS NULL)", name="somebody_passed_it_on"),
        CheckConstraint("passed_on_at IS NULL OR kind = 'compliment'", name="only_praise_is_passed_on"),
        UniqueConstraint("reference", name="uq_conversations_reference"),
        UniqueConstraint("once", name="uq_conversations_once"),
        Index("one_urgent_conversation_a_trip", "reservation_id", unique=True, sqlite_where=_STILL_URGENT,
              postgresql_where=_STILL_URGENT),
        Index("ix_conversations_due", "answer_due_at", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_conversations_member", "member_id", "last_at"),
        Index("ix_conversations_visitor", "visitor_hash", "opened_at"),
        Index("ix_conversations_status", "status", "last_at"),
        Index("ix_conversations_car", "car_id"),
        Index("ix_conversations_lot", "lot_id"),
        Index("ix_conversations_follows", "follows_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reference: Mapped[str]
    once: Mapped[str]
    event_id: Mapped[UUID | None] = mapped_column(Uuid)  # of its help.contact
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    visitor_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    visitor_hash: Mapped[str | None] = mapped_column(info={"private": True})
    kind: Mapped[str]
    status: Mapped[str]
    step: Mapped[str | None]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    car_id: Mapped[int | None] = mapped_column(ForeignKey("cars.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    page: Mapped[str | None]
    error_code: Mapped[str | None]
    last_events: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the last entry that the member sees
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first time
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened: Mapped[int]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    member_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    phone_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    call_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_state: Mapped[str | None]
    passed_on_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    passed_on_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    @property
    def subject(self) -> str:
        """What the ledger of promises calls it."""
        return f"conversation:{self.id}"


class Entry(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One thing that was said, or that happened. Internal ones are for us alone: no page and no mail of a member has them."""

    __tablename__ = "conversation_entries"
    __table_args__ = (
        CheckConstraint(_one_of("author", Author), name="entry_author_is_known"),
        CheckConstraint("(author = 'system') = (words_sealed IS NULL)", name="people_use_words"),
        CheckConstraint("(author = 'system') = (code IS NOT NULL)", name="the_system_uses_codes"),
        CheckConstraint("author <> 'staff' OR by_user_id IS NOT NULL", name="staff_sign_what_they_write"),
        CheckConstraint("author <> 'member' OR NOT internal", name="members_write_nothing_internal"),
        UniqueConstraint("once", name="uq_conversation_entries_once"),
        Index("ix_conversation_entries_conversation", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    author: Mapped[str]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    code: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    internal: Mapped[bool]
    by_mail: Mapped[bool]
    once: Mapped[str | None]


class HelpTemplate(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """An answer that is often given. Its holes, like {first_name}, are filled from what the conversation is about."""

    __tablename__ = "help_templates"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 3 AND 80", name="a_template_has_a_name"),
        UniqueConstraint("name", name="uq_help_templates_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    words: Mapped[str]
    used: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IncomingMail(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A mail that came in, once for each Message-ID. One that nobody can place waits in quarantine, sealed."""

    __tablename__ = "incoming_mail"
    __table_args__ = (
        CheckConstraint(_one_of("state", MailState), name="mail_state_is_known"),
        CheckConstraint("state <> 'taken' OR conversation_id IS NOT NULL", name="a_taken_mail_went_somewhere"),
        Index("ix_incoming_mail_state", "state", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the Message-ID, or of the whole mail
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str]
    why: Mapped[str]
    from_sealed: Mapped[str] = mapped_column(info={"private": True})
    subject_sealed: Mapped[str] = mapped_column(info={"private": True})
    words_sealed: Mapped[str] = mapped_column(info={"private": True})
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
