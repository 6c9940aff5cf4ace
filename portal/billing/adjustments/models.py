"""What staff want to give back or credit. The database refuses that somebody approves their own."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class AdjustmentKind(StrEnum):
    REFUND = "refund"  # takes off a line of the bill, and back to the card what was paid
    GOODWILL = "goodwill"  # credit for later trips


class AdjustmentState(StrEnum):
    WAITING = "waiting"  # for a second person
    GIVEN = "given"
    TURNED_DOWN = "turned_down"


class Adjustment(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Money that a member of staff gives, or wants to."""

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in AdjustmentKind)})", name="adjustment_kind_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in AdjustmentState)})", name="adjustment_state_is_known"),
        CheckConstraint("amount_cents > 0", name="an_adjustment_gives_something"),
        CheckConstraint("second_id IS NULL OR second_id <> by_user_id", name="nobody_approves_their_own"),
        CheckConstraint("(kind = 'refund') = (line_id IS NOT NULL)", name="a_refund_names_its_line"),
        Index("ix_adjustments_state", "state", "asked_at"),
        Index("ix_adjustments_payer", "payer_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str]
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"))
    amount_cents: Mapped[int]
    currency: Mapped[str]
    why: Mapped[str]
    state: Mapped[str]
    limit_version: Mapped[int]
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)
