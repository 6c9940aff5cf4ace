"""What the CX team sets and sends: the rules of the gate, the words of each solicitation, and mailings of news."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


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
