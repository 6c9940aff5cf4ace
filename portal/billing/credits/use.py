"""Using credit: what ends first is used first."""

from datetime import datetime

from core.money import Money
from portal.billing.credits.queries import usable
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin


def use_credits(*, payer_id: int, due: Money, about: str, now: datetime, member_id: int | None = None,
                reservation_id: int | None = None) -> Money:
    """Pay as much of `due` as there is credit, within the open transaction, and return how much that was.

    `about` names what is paid (trip-17): the same grant pays for the same thing once.
    """
    open_cents, rows = due.cents, []
    for credit in usable(payer_id, now):
        part = min(open_cents, credit.left_cents)
        if part <= 0:
            break
        rows.append(Transfer(
            Account.MEMBER_CREDIT, Account.RECEIVABLE, Money(part, credit.currency), Origin.CREDIT, f"used_{credit.kind}",
            f"credit_{credit.kind}", 1, f"use-{credit.id}-{about}", now, payer_id=payer_id, member_id=member_id,
            reservation_id=reservation_id, credit_id=credit.id, facts={"why": credit.why, "left_before": credit.left_cents}))
        open_cents -= part
    enter(rows)
    return Money(due.cents - open_cents, due.currency)
