"""Tokens of machines that act for a member, and the answers they were given to requests that act once."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Scope(StrEnum):
    """What a token may do for its member; looking at what anybody sees needs none."""

    READ = "read"  # see the member's own things
    BOOK = "book"  # ask for prices; book, change and cancel
    DRIVE = "drive"  # open and lock the car, return it, log fuel, report


class ApiToken(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A key that a member gave to a machine. Here is its hash and how it begins: nobody can read the key itself again."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 64", name="token_hash_is_sha256"),
        CheckConstraint("scopes <> ''", name="a_token_may_do_something"),
        CheckConstraint("ends_at IS NULL OR ends_at > created_at", name="a_token_ends_after_it_is_made"),
        Index("ix_api_tokens_member", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    name: Mapped[str]
    begins: Mapped[str]  # its first letters, to tell it from others
    token_hash: Mapped[str] = mapped_column(unique=True, info={"private": True})
    scopes: Mapped[str]  # words of Scope
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def scope_set(self) -> frozenset[Scope]:
        return frozenset(Scope(word) for word in self.scopes.split())


class ApiAnswer(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What was answered to a request under a member's Idempotency-Key, word for word, for as long as keys count."""

    __tablename__ = "api_answers"
    __table_args__ = (
        UniqueConstraint("member_id", "key", name="one_answer_for_a_key"),
        CheckConstraint("length(fingerprint) = 64", name="fingerprint_is_sha256"),
        CheckConstraint("status BETWEEN 200 AND 499", name="a_failure_is_no_answer"),
        Index("ix_api_answers_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    key: Mapped[str]
    fingerprint: Mapped[str]  # of method, address and body
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[str]
