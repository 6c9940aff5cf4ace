"""Adjustments as the desk lists them, and the trail of one."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from core.audit import AuditRow
from core.database import db
from portal.account.models import User
from portal.billing.adjustments.models import Adjustment, AdjustmentState
from portal.billing.payers.models import Payer
from portal.desk.who import payer_name, with_payer
from portal.web.listing import Asked, number_of

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


def trail(adjustment: Adjustment) -> list[tuple[AuditRow, str]]:
    """What was done to an adjustment, oldest first, each with the name of who did it."""
    return [(row, name or row.actor) for row, name in db.session.execute(
        select(AuditRow, User.name).outerjoin(User, User.id == AuditRow.actor_id)
        .where(AuditRow.object == f"adjustments/{adjustment.id}").order_by(AuditRow.id))]
