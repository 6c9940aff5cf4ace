"""What was given for a broken promise: one row for a promise, ever; and one for the taxi that it cost its member."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class Remedy(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A remedy that was paid: by which rule and version, how the amount came about, and the credit it became."""

    __tablename__ = "remedies"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="a_remedy_gives_something"),
        CheckConstraint("rule_version >= 1", name="a_remedy_names_its_version"),
        Index("ix_remedies_member", "member_id", "given_at"),
    )

    promise_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("promises.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    credit_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("credits.id"))
    rule: Mapped[str]
    rule_version: Mapped[int]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # how the amount came about: fixed_cents, minutes, hour_cents
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)


class TaxiReceipt(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A taxi that a member took because their car was not there: what it cost by its receipt, and what was repaid."""

    __tablename__ = "taxi_receipts"
    __table_args__ = (
        CheckConstraint("amount_cents BETWEEN 1 AND paid_cents", name="no_more_is_repaid_than_was_paid"),
        Index("ix_taxi_receipts_member", "member_id", "given_at"),
    )

    promise_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("promises.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    ridden_on: Mapped[date]
    company: Mapped[str] = mapped_column(info={"private": True})
    paid_cents: Mapped[int]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    rule_version: Mapped[int]
    credit_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("credits.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)
