"""Messages to members: exactly one row in the inbox, and a row for each way it went or did not go."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from core.database import UtcDateTime, db
from portal.account.contact.rules import Channel, Purpose, Why


class State(StrEnum):
    """How far a message came on one of its ways."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One way of one message. `decided_at` and `choices_version` say on whose word it went or did not go."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(f"channel IN ({', '.join(repr(c.value) for c in Channel)})", name="channel_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in State)})", name="delivery_state_is_known"),
        CheckConstraint(f"why IN ({', '.join(repr(w.value) for w in Why)})", name="why_is_known"),
        CheckConstraint("state NOT IN ('failed', 'skipped') OR why IS NOT NULL", name="what_did_not_go_says_why"),
        CheckConstraint("attempts >= 0", name="delivery_attempts_counted"),
        Index("ix_deliveries_state_at", "state", "at"),
        Index("ix_deliveries_channel_at", "channel", "at"),
    )

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    why: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # of its state
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when the choices were looked up
    choices_version: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it waits for the morning
    provider_id: Mapped[str | None]


class Message(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One message to one member. Its id is the outbox job's, so a job handled twice writes it once.

    Its words are sealed: answers quote what people told us.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(f"purpose IN ({', '.join(repr(p.value) for p in Purpose)})", name="message_purpose_is_known"),
        Index("ix_messages_member_at", "member_id", "at"),
        Index("ix_messages_member_thread", "member_id", "thread"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="service")
    urgent: Mapped[bool] = mapped_column(server_default=text("false"))
    thread: Mapped[str] = mapped_column(server_default="")  # what it is about: "trip-12"; "": itself
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    subject: Mapped[str]
    body_sealed: Mapped[str] = mapped_column("body", info={"private": True})
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    deliveries: Mapped[list[Delivery]] = relationship(order_by=Delivery.channel)
    mailed_at = column_property(select(Delivery.at).where(
        Delivery.message_id == id, Delivery.channel == Channel.MAIL, Delivery.state == State.SENT).correlate_except(
            Delivery).scalar_subquery())
