"""The ledger's rows. Each takes an amount from one account to another, so that the books balance by their shape."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class Account(StrEnum):
    """Between what money moves. The first two are kept for each payer."""

    RECEIVABLE = "receivable"  # what a payer owes us; below zero we owe them
    MEMBER_CREDIT = "member_credit"  # credit given to a payer and not used yet
    DRIVING = "driving"
    COVER = "cover"
    FEES = "fees"
    MEMBERSHIP = "membership"
    TAX = "tax"  # taken for the city and the state
    PASSED_ON = "passed_on"  # tolls and tickets, at cost
    FUEL = "fuel"
    GOODWILL = "goodwill"  # what we give back or credit because something went wrong
    PROMOTION = "promotion"
    PROCESSOR = "processor"  # our money at the processor
    PROCESSOR_FEES = "processor_fees"
    BANK = "bank"
    CHARGED_BACK = "charged_back"  # taken away while a bank decides
    LOSS = "loss"
    OPENING = "opening"  # settled before this ledger began


class Origin(StrEnum):
    """Where a row comes from: what the member sees it as."""

    QUOTE = "quote"
    AFTER = "after"
    MEMBERSHIP = "membership"
    NOTICE = "notice"
    CREDIT = "credit"
    PAYMENT = "payment"
    REFUND = "refund"
    CORRECTION = "correction"
    BOOKS = "books"  # between our own accounts


CHARGES = (Origin.QUOTE, Origin.AFTER, Origin.MEMBERSHIP, Origin.NOTICE)
_KNOWN = ", ".join(repr(account.value) for account in Account)
_PAYERS = "('receivable', 'member_credit')"


class LedgerRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One transfer: what it was (`code`), by which rule and version, on what evidence (`facts`), and who did it.

    The database refuses to change or delete it: a correction is a row of its own that names the row it corrects.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="a_transfer_moves_something"),
        CheckConstraint("debit_account <> credit_account", name="a_transfer_has_two_ends"),
        CheckConstraint(f"debit_account IN ({_KNOWN})", name="debit_account_is_known"),
        CheckConstraint(f"credit_account IN ({_KNOWN})", name="credit_account_is_known"),
        CheckConstraint(f"payer_id IS NOT NULL OR (debit_account NOT IN {_PAYERS} AND credit_account NOT IN {_PAYERS})",
                        name="a_payers_account_names_the_payer"),
        CheckConstraint("(credit_id IS NOT NULL) = ('member_credit' IN (debit_account, credit_account))",
                        name="credit_is_of_a_grant"),
        CheckConstraint(f"origin IN ({', '.join(repr(o.value) for o in Origin)})", name="origin_is_known"),
        CheckConstraint("origin <> 'correction' OR corrects_id IS NOT NULL", name="a_correction_names_its_row"),
        CheckConstraint("actor IN ('member', 'staff', 'system')", name="ledger_actor_is_known"),
        CheckConstraint("rule_version >= 1", name="rules_have_versions"),
        Index("ix_ledger_payer", "payer_id", "id"),
        Index("ix_ledger_reservation", "reservation_id"),
        Index("ix_ledger_corrects", "corrects_id"),
        Index("ix_ledger_payment", "payment_id"),
        Index("ix_ledger_credit", "credit_id"),
        Index("ix_ledger_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("payers.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    debit_account: Mapped[str]
    credit_account: Mapped[str]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    origin: Mapped[str]
    code: Mapped[str]
    rule: Mapped[str]
    rule_version: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    actor: Mapped[str]
    actor_id: Mapped[int | None]  # of the staff
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ledger.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    credit_id: Mapped[UUID | None] = mapped_column(ForeignKey("credits.id"))
    once: Mapped[str] = mapped_column(unique=True)

    @property
    def amount(self) -> Money:
        """What it adds to what the payer owes; below zero it takes off."""
        if self.credit_account == Account.RECEIVABLE:
            return Money(-self.amount_cents, self.currency)
        return Money(self.amount_cents, self.currency)
