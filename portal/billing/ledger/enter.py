"""Entering rows: the only way into the ledger. What was entered under a `once` is entered once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from core.audit import who_acts
from core.database import db
from core.money import Money
from experience.record.observe import here
from portal.billing.ledger.models import Account, LedgerRow, Origin


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount above zero from the credit account to the debit account, with its reason.

    For a line of a payer's bill, which may be below zero, `billed()` says which account is which.
    """

    debit: Account
    credit: Account
    amount: Money
    origin: Origin
    code: str
    rule: str
    rule_version: int
    once: str
    at: datetime
    payer_id: int | None = None
    member_id: int | None = None
    reservation_id: int | None = None
    payment_id: UUID | None = None
    credit_id: UUID | None = None
    corrects_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def billed(transfer: Transfer, amount: Money) -> Transfer:
    """The transfer of a signed amount to what the payer owes: above zero onto it, below zero off it."""
    if amount.cents < 0:
        return replace(transfer, debit=transfer.credit, credit=transfer.debit, amount=-amount)
    return replace(transfer, amount=amount)


_ledger = LedgerRow.__table__
_ENTER = {
    "postgresql": postgresql.insert(_ledger).on_conflict_do_nothing(index_elements=["once"]),
    "sqlite": sqlite.insert(_ledger).on_conflict_do_nothing(index_elements=["once"])}


def enter(transfers: Sequence[Transfer]) -> None:
    """Enter the transfers within the open transaction; one whose `once` is there already changes nothing.

    Payers, members and grants that were loaded before still show their old balances: load them again.
    """
    staff = who_acts()
    actor, actor_id = ("staff", staff.id) if staff else ("member" if here().actor == "member" else "system", None)
    rows = [{
        "at": one.at, "payer_id": one.payer_id, "member_id": one.member_id, "reservation_id": one.reservation_id,
        "debit_account": one.debit, "credit_account": one.credit, "amount_cents": one.amount.cents,
        "currency": one.amount.currency, "origin": one.origin, "code": one.code, "rule": one.rule,
        "rule_version": one.rule_version, "facts": one.facts, "actor": actor, "actor_id": actor_id,
        "corrects_id": one.corrects_id, "payment_id": one.payment_id, "credit_id": one.credit_id, "once": one.once,
    } for one in transfers]
    if rows:
        db.session.execute(_ENTER[db.engine.dialect.name], rows)


def entered(once: str) -> LedgerRow | None:
    """The row that was entered under this `once`, if any."""
    return db.session.scalar(select(LedgerRow).where(LedgerRow.once == once))
