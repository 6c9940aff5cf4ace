"""Disputes as the desk lists them: by the clock, the overdue first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from core.database import db
from portal.account.models import User
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.disputes.models import Dispute
from portal.billing.ledger.models import LedgerRow
from portal.billing.payers.models import Payer
from portal.desk.who import payer_email, payer_name, with_payer
from portal.web.listing import Asked, number_of

Owner = aliased(User)


@dataclass(frozen=True)
class Disputes(Asked):
    """Disputes with their line, their payer and who looks into them; undecided ones unless asked otherwise."""

    show: str = "open"
    payer: str = ""
    now: datetime = field(kw_only=True)
    user_id: int = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"now", "user_id"})
    SHOWS: ClassVar = {
        "open": lambda asked: Dispute.outcome.is_(None),
        "overdue": lambda asked: Dispute.outcome.is_(None) & (Dispute.due_at <= asked.now),
        "mine": lambda asked: Dispute.outcome.is_(None) & (Dispute.owner_id == asked.user_id),
        "nobody": lambda asked: Dispute.outcome.is_(None) & Dispute.owner_id.is_(None),
        "decided": lambda asked: Dispute.outcome.is_not(None),
        "all": lambda asked: Dispute.id.is_not(None),
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {
        "due": [Dispute.due_at, Dispute.id], "opened": [Dispute.opened_at, Dispute.id],
        "decided": [Dispute.decided_at, Dispute.id], "amount": [LedgerRow.amount_cents, Dispute.id],
        "payer": [payer_name, Dispute.id],
    }

    def rows(self) -> Select[Any]:
        query = (select(Dispute, payer_name, Owner.name.label("owner"))
                 .join(LedgerRow, LedgerRow.id == Dispute.line_id).outerjoin(Owner, Owner.id == Dispute.owner_id))
        return with_payer(query, Dispute.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True) | payer_email.icontains(self.q, autoescape=True))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


def open_dispute_of(line_id: int) -> Dispute | None:
    """The dispute of a line that is not decided yet."""
    return db.session.scalar(select(Dispute).where(Dispute.line_id == line_id, Dispute.outcome.is_(None)))


def adjustments_of(line_id: int) -> list[Any]:
    """What was given back of a line, or is to be, newest first, with who asked and who decided."""
    by, second = aliased(User), aliased(User)
    return list(db.session.execute(
        select(Adjustment, by.name.label("by"), second.name.label("second"))
        .join(by, by.id == Adjustment.by_user_id).outerjoin(second, second.id == Adjustment.second_id)
        .where(Adjustment.line_id == line_id).order_by(Adjustment.asked_at.desc(), Adjustment.id)).all())


def waiting_of(line_id: int) -> Adjustment | None:
    """What waits for a second person about a line."""
    return db.session.scalars(select(Adjustment).where(
        Adjustment.line_id == line_id, Adjustment.state == AdjustmentState.WAITING).order_by(Adjustment.asked_at)).first()
