"""Payers and the drivers a business pays for. What they owe and what credit they have follow from the ledger."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class PayerKind(StrEnum):
    PERSONAL = "personal"
    BUSINESS = "business"


class Payer(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Who pays: cards at the processor for a member, a monthly invoice for a business.

    `owed_cents` and `credit_cents` are kept by the database itself with every row of the ledger; nothing else sets them.
    """

    __tablename__ = "payers"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in PayerKind)})", name="payer_kind_is_known"),
        CheckConstraint("(kind = 'personal') = (member_id IS NOT NULL)", name="a_personal_payer_is_a_member"),
        CheckConstraint("(kind = 'business') = (name IS NOT NULL)", name="a_business_has_a_name"),
        CheckConstraint("credit_cents >= 0", name="credit_is_never_overspent"),
        CheckConstraint("dunning_step BETWEEN 0 AND 5", name="dunning_has_five_steps"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), unique=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    currency: Mapped[str]
    customer: Mapped[str | None] = mapped_column(unique=True)  # the processor's name for them
    owed_cents: Mapped[int] = mapped_column(default=0)  # below zero: we owe them
    credit_cents: Mapped[int] = mapped_column(default=0)
    owing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first charge that failed
    dunning_step: Mapped[int] = mapped_column(default=0)
    booking_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def owed(self) -> Money:
        return Money(self.owed_cents, self.currency)

    @property
    def credit(self) -> Money:
        return Money(self.credit_cents, self.currency)

    @property
    def by_invoice(self) -> bool:
        """Whether it pays by monthly invoice, without a card."""
        return self.kind == PayerKind.BUSINESS


class PayerDriver(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member whose trips a business pays."""

    __tablename__ = "payer_drivers"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True, autoincrement=False)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
