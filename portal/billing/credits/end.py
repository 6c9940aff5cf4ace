"""Ending credit: what is left of a grant when its time is over goes back."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from portal.billing.credits.grant import PAID_FROM
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import locked

_OVER = select(Credit).where(Credit.ends_at <= db.bindparam("now"), Credit.left_cents > 0).order_by(Credit.ends_at).limit(200)


def end_credits(now: datetime) -> int:
    """Take back what is left of grants that have ended, to where it came from; how many there were."""
    if db.session.execute(_OVER, {"now": now}).first() is None:
        return 0  # a timer with nothing to do takes no write lock
    with transaction():
        for payer_id in sorted({credit.payer_id for credit in db.session.scalars(_OVER, {"now": now})}):
            locked(payer_id)
        over = db.session.scalars(_OVER.with_for_update(), {"now": now}).all()
        enter([Transfer(Account.MEMBER_CREDIT, PAID_FROM[CreditKind(credit.kind)], credit.left, Origin.CREDIT,
                        f"ended_{credit.kind}", f"credit_{credit.kind}", 1, f"end-{credit.id}", now,
                        payer_id=credit.payer_id, credit_id=credit.id, facts={"why": credit.why}) for credit in over])
    return len(over)
