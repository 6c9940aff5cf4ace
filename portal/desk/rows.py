"""Rows of the ledger as finance asks for them: by account, origin, code, day and payer; and the trial balance."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, case, func, select

from core.database import db
from core.money import Money
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.desk.books import as_day
from portal.desk.who import payer_name, with_name
from portal.web.listing import Asked, number_of
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation

_owed = case((LedgerRow.debit_account == Account.RECEIVABLE, LedgerRow.amount_cents),
             (LedgerRow.credit_account == Account.RECEIVABLE, -LedgerRow.amount_cents), else_=0)


@dataclass(frozen=True)
class Rows(Asked):
    """Rows of the ledger with whose they are, newest first. Days are the city's."""

    account: str = ""
    origin: str = ""
    code: str = ""
    day: str = ""
    payer: str = ""
    trip: str = ""

    USUAL: ClassVar = "-id"
    SORTS: ClassVar = {"id": [LedgerRow.id], "amount": [LedgerRow.amount_cents, LedgerRow.id],
                       "code": [LedgerRow.code, LedgerRow.id], "payer": [payer_name, LedgerRow.id]}

    def rows(self) -> Select[Any]:
        return with_name(select(LedgerRow, payer_name).outerjoin(Payer, Payer.id == LedgerRow.payer_id))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.account in set(Account):
            found.append((LedgerRow.debit_account == self.account) | (LedgerRow.credit_account == self.account))
        if self.origin in set(Origin):
            found.append(LedgerRow.origin == self.origin)
        if self.trip:
            found.append(LedgerRow.reservation_id.in_(select(Reservation.id).where(Reservation.reference == self.trip)))
        if self.code:
            found.append(LedgerRow.code == self.code)
        if day := as_day(self.day):
            begins, ends = (datetime.combine(each, time.min, CITY_ZONE) for each in (day, day + timedelta(days=1)))
            found += [LedgerRow.at >= begins, LedgerRow.at < ends]
        if (payer := number_of(self.payer)) is not None:
            found.append(LedgerRow.payer_id == payer)
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True))
        return found


@dataclass(frozen=True)
class PayerRows(Asked):
    """A payer's rows with what they owed after each, newest first."""

    payer_id: int = 0

    GIVEN: ClassVar = frozenset({"payer_id"})
    USUAL: ClassVar = "-id"
    SORTS: ClassVar = {"id": [LedgerRow.id]}

    def rows(self) -> Select[Any]:
        running = func.sum(_owed).over(order_by=LedgerRow.id).label("owed_after")
        return select(LedgerRow, running).where(LedgerRow.payer_id == self.payer_id)


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What went onto an account and off it."""

    account: str
    debit: Money
    credit: Money

    @property
    def balance(self) -> Money:
        return self.debit - self.credit


def trial_balance() -> list[AccountSum]:
    """Every account that was ever used, in the accounts' own order. Debits and credits are equal by the rows' shape."""
    debits, credits = ({(account, currency): int(cents) for account, currency, cents in db.session.execute(
        select(side, LedgerRow.currency, func.sum(LedgerRow.amount_cents)).group_by(side, LedgerRow.currency))}
        for side in (LedgerRow.debit_account, LedgerRow.credit_account))
    order = {str(account): place for place, account in enumerate(Account)}
    return [AccountSum(account, Money(debits.get((account, currency), 0), currency),
                       Money(credits.get((account, currency), 0), currency))
            for account, currency in sorted(debits.keys() | credits.keys(), key=lambda key: (order.get(key[0], 99), key[1]))]


def codes() -> list[str]:
    """Every code that the ledger has."""
    return list(db.session.scalars(select(LedgerRow.code).distinct().order_by(LedgerRow.code)))
