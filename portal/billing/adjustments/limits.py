"""What one person may give without a second one, and what is left of a line to give back: said before somebody gives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.database import db
from core.money import Money
from fleet.tariffs.in_force import policies_at
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payments.refund import given_back


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
    waiting = db.session.scalar(select(func.coalesce(func.sum(Adjustment.amount_cents), 0)).where(
        Adjustment.line_id == line.id, Adjustment.state == AdjustmentState.WAITING)) or 0
    return Money(max(0, line.amount.cents - given_back(line.id) - int(waiting)), line.currency)
