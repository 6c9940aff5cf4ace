"""What one person may give without a second one, and what is left of a line to give back: said before somebody gives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, union_all

from core.database import db
from core.money import Money
from fleet.tariffs.in_force import policies_at
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.payers.models import Payer


@dataclass(frozen=True, slots=True)
class Alone:
    """What one person gives one payer without a second one: the limit within a day, and what is left of it."""

    limit: Money
    left: Money


def alone(payer: Payer, kind: AdjustmentKind, user_id: int, now: datetime) -> Alone:
    """What is said before somebody gives. The limit itself is kept by portal.billing.adjustments.give."""
    limit = policies_at(now)[f"{kind}_alone"].value
    given = db.session.scalar(select(func.coalesce(func.sum(Adjustment.amount_cents), 0)).where(
        Adjustment.payer_id == payer.id, Adjustment.kind == kind, Adjustment.by_user_id == user_id,
        Adjustment.state == AdjustmentState.GIVEN, Adjustment.second_id.is_(None),
        Adjustment.asked_at > now - timedelta(days=1))) or 0
    return Alone(Money(limit, payer.currency), Money(max(0, limit - int(given)), payer.currency))


def left_of(line: LedgerRow) -> Money:
    """What of a line is neither given back nor waiting to be."""
    return left_of_lines([line])[line.id]


def left_of_lines(lines: Sequence[LedgerRow]) -> dict[int, Money]:
    """What of each of a page's lines is neither given back nor waiting to be, by the line's id."""
    ids = [line.id for line in lines]
    given = select(LedgerRow.corrects_id, LedgerRow.amount_cents).where(
        LedgerRow.corrects_id.in_(ids), LedgerRow.origin == Origin.CORRECTION)
    waiting = select(Adjustment.line_id, Adjustment.amount_cents).where(
        Adjustment.line_id.in_(ids), Adjustment.state == AdjustmentState.WAITING)
    gone: Counter[int] = Counter()
    for line_id, amount in db.session.execute(union_all(given, waiting)):
        gone[line_id] += amount
    return {line.id: Money(max(0, line.amount.cents - gone[line.id]), line.currency) for line in lines}
