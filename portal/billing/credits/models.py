"""Grants of credit. What is left of each follows from the ledger."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class CreditKind(StrEnum):
    SERVICE = "service"  # something went wrong
    PROMO = "promo"
    REFERRAL = "referral"
    FUEL = "fuel"


class Credit(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One grant. `left_cents` is kept by the database itself with every row of the ledger that names the grant."""

    __tablename__ = "credits"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in CreditKind)})", name="credit_kind_is_known"),
        CheckConstraint("granted_cents > 0", name="a_grant_gives_something"),
        CheckConstraint("left_cents BETWEEN 0 AND granted_cents", name="no_more_is_used_than_was_granted"),
        Index("ix_credits_payer", "payer_id", "ends_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    kind: Mapped[str]
    why: Mapped[str]  # a short code of ours: goodwill, low_fuel_found, WELCOME10
    granted_cents: Mapped[int]
    left_cents: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)

    @property
    def granted(self) -> Money:
        return Money(self.granted_cents, self.currency)

    @property
    def left(self) -> Money:
        return Money(self.left_cents, self.currency)
