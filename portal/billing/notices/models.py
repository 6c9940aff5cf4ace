"""Notices of costs to be passed on. The database itself refuses to have one charged before it was heard."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class NoticeKind(StrEnum):
    TOLL = "toll"
    TICKET = "ticket"
    CLEANING = "cleaning"


class NoticeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    CONTESTED = "contested"
    CHARGED = "charged"
    DROPPED = "dropped"


class Notice(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A cost of a trip that came later: what, how much, on what evidence, and until when the member may answer."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in NoticeKind)})", name="notice_kind_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in NoticeState)})", name="notice_state_is_known"),
        CheckConstraint("amount_cents > 0 AND fee_cents >= 0", name="a_notice_costs_something"),
        CheckConstraint("charged_at IS NULL OR accepted_at IS NOT NULL OR charged_at >= answer_until",
                        name="no_charge_before_hearing"),
        CheckConstraint("state <> 'charged' OR charged_at IS NOT NULL", name="a_charged_notice_says_when"),
        CheckConstraint("charged_at IS NULL OR contested_at IS NULL OR decided_by IS NOT NULL",
                        name="a_contested_notice_is_decided_first"),
        Index("ix_notices_payer", "payer_id"),
        Index("ix_notices_answer", "state", "answer_until"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    kind: Mapped[str]
    amount_cents: Mapped[int]
    fee_cents: Mapped[int]
    fee_version: Mapped[int]
    currency: Mapped[str]
    # Plate, place, when it happened, the authority's number.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, info={"private": True})
    state: Mapped[str]
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer_until: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    charged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_cents, self.currency)
