"""Adjustments as the desk lists them, what is left of a line or of one person's limit, and the trail of one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from core.audit import AuditRow
from core.database import db
from core.money import Money
from fleet.tariffs.in_force import policies_at
from portal.account.models import User
from portal.billing.adjustments.models import Adjustment, AdjustmentKind, AdjustmentState
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payments.refund import given_back
from portal.desk.listing import Asked, number_of
from portal.desk.who import payer_name, with_payer

By, Second = aliased(User), aliased(User)


@dataclass(frozen=True)
class Adjustments(Asked):
    """What was given or is to be, with who asked for it and who decided; what waits unless asked otherwise."""

    show: str = "waiting"
    payer: str = ""
    user_id: int = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"user_id"})
    SHOWS: ClassVar = {
        "waiting": lambda asked: Adjustment.state == AdjustmentState.WAITING,
        "not_mine": lambda asked: (Adjustment.state == AdjustmentState.WAITING) & (Adjustment.by_user_id != asked.user_id),
        "given": lambda asked: Adjustment.state == AdjustmentState.GIVEN,
        "turned_down": lambda asked: Adjustment.state == AdjustmentState.TURNED_DOWN,
        "all": lambda asked: Adjustment.id.is_not(None),
    }
    USUAL: ClassVar = "asked"
    SORTS: ClassVar = {
        "asked": [Adjustment.asked_at, Adjustment.id], "amount": [Adjustment.amount_cents, Adjustment.id],
        "payer": [payer_name, Adjustment.id], "by": [By.name, Adjustment.id], "why": [Adjustment.why, Adjustment.id],
    }

    def rows(self) -> Select[Any]:
        query = (select(Adjustment, payer_name, By.name.label("by"), Second.name.label("second"))
                 .join(By, By.id == Adjustment.by_user_id).outerjoin(Second, Second.id == Adjustment.second_id))
        return with_payer(query, Adjustment.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True) | By.name.icontains(self.q, autoescape=True))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


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


def trail(adjustment: Adjustment) -> list[AuditRow]:
    """Who did what to an adjustment, oldest first."""
    return list(db.session.scalars(
        select(AuditRow).where(AuditRow.object == f"adjustments/{adjustment.id}").order_by(AuditRow.id)))
