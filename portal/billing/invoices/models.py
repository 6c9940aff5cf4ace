"""Invoices: a business's rows of one month, numbered, with a day by which they are paid."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from core.money import Money
from portal.billing.payers.models import Payer


class Invoice(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a business owes for a month: the rows of the ledger from `after_row` (not in it) to `last_row`."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("payer_id", "month", name="one_invoice_a_month"),
        CheckConstraint("after_row <= last_row", name="an_invoice_has_a_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    month: Mapped[date] = mapped_column(Date)
    after_row: Mapped[int]
    last_row: Mapped[int]
    total_cents: Mapped[int]
    currency: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    payer: Mapped[Payer] = relationship(lazy="joined", innerjoin=True)

    @property
    def total(self) -> Money:
        return Money(self.total_cents, self.currency)
