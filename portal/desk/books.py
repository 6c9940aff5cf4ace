"""The processor's books beside ours: movement by movement, day by day, and the balance."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select

from core.database import db
from core.money import Money
from portal.billing.ledger.models import Account, LedgerRow
from portal.billing.payments.models import ProcessorMovement as M
from portal.web.listing import Asked

_differs = or_(M.ours_cents.is_(None), M.ours_cents != M.amount_cents)
_ours = func.coalesce(M.ours_cents, 0)
utc_day = func.substr(cast(M.at, String), 1, 10)  # both databases write an instant in UTC, its day in front


@dataclass(frozen=True)
class Movements(Asked):
    """Lines of the processor's books; of one day, or only those that ours do not have."""

    day: str = ""
    kind: str = ""

    SHOWS: ClassVar = {"differences": lambda asked: _differs}
    USUAL: ClassVar = "-at"
    SORTS: ClassVar = {
        "at": [M.at, M.id], "kind": [M.kind, M.id], "theirs": [M.amount_cents, M.id],
        "ours": [M.ours_cents, M.id], "difference": [M.amount_cents - _ours, M.id], "fee": [M.fee_cents, M.id],
    }

    def rows(self) -> Select[Any]:
        return select(M, (M.amount_cents - _ours).label("difference"))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if as_day(self.day):
            found.append(utc_day == self.day)
        if self.kind:
            found.append(M.kind == self.kind)
        if self.q:
            found.append((M.id == self.q) | (M.about == self.q))
        return found


@dataclass(frozen=True)
class Days(Asked):
    """The processor's days: what it has, what we have, the difference, its fees, what it paid out."""

    SHOWS: ClassVar = {"differences": lambda asked: _differs}
    USUAL: ClassVar = "-day"
    SORTS: ClassVar = {"day": [utc_day]}

    def rows(self) -> Select[Any]:
        moved = M.kind != "payout"
        return select(
            utc_day.label("day"), func.count(M.id).label("lines"),
            func.sum(case((moved, M.amount_cents), else_=0)).label("theirs"),
            func.sum(case((moved, _ours), else_=0)).label("ours"),
            func.sum(M.amount_cents - _ours).label("difference"), func.sum(M.fee_cents).label("fees"),
            func.sum(case((moved, 0), else_=M.amount_cents)).label("payouts"),
            func.sum(case((_differs, 1), else_=0)).label("different")).group_by(utc_day)

    def _order(self) -> list[Any]:
        return [utc_day.asc() if self.sort == "day" else utc_day.desc()]


def as_day(typed: str) -> date | None:
    """A day from an address, written 2026-11-24."""
    try:
        return date.fromisoformat(typed) if len(typed) == 10 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Balance:
    """What our ledger has at the processor, and what its own lines add up to."""

    ours: Money
    theirs: Money
    read_at: datetime | None

    @property
    def difference(self) -> Money:
        return self.theirs - self.ours


def balance() -> Balance:
    """The account `processor` of the ledger against the sum of the movements, fees taken off."""
    ours = db.session.scalar(select(func.sum(case(
        (LedgerRow.debit_account == Account.PROCESSOR, LedgerRow.amount_cents),
        (LedgerRow.credit_account == Account.PROCESSOR, -LedgerRow.amount_cents), else_=0))))
    theirs, read_at = db.session.execute(select(func.sum(M.amount_cents - M.fee_cents), func.max(M.checked_at))).one()
    return Balance(Money(int(ours or 0)), Money(int(theirs or 0)), read_at)
