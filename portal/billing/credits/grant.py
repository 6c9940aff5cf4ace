"""Giving credit: one grant, one row of the ledger, once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from fleet.tariffs.in_force import policies_at
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin

PAID_FROM = {CreditKind.SERVICE: Account.GOODWILL, CreditKind.PROMO: Account.PROMOTION,
             CreditKind.REFERRAL: Account.PROMOTION, CreditKind.FUEL: Account.FUEL}


def grant(*, payer_id: int, kind: CreditKind, amount: Money, why: str, once: str, now: datetime,
          member_id: int | None = None, reservation_id: int | None = None,
          facts: Mapping[str, Any] | None = None) -> Credit:
    """Give a payer credit that ends as the policy `credit_<kind>` says; the same `once` gives it once.

    `facts` are kept with its row of the ledger: the rule that gave it and how the amount came about.
    """
    with transaction():
        again = db.session.scalar(select(Credit).where(Credit.once == once))
        if again is not None:
            return again
        lives = policies_at(now)[f"credit_{kind}"]
        credit = Credit(id=new_id(), payer_id=payer_id, kind=kind, why=why, granted_cents=amount.cents,
                        currency=amount.currency, granted_at=now, ends_at=now + timedelta(days=lives.value), once=once)
        db.session.add(credit)
        db.session.flush()
        enter([Transfer(PAID_FROM[kind], Account.MEMBER_CREDIT, amount, Origin.CREDIT, f"granted_{kind}",
                        f"credit_{kind}", lives.version, f"grant-{credit.id}", now, payer_id=payer_id,
                        member_id=member_id, reservation_id=reservation_id, credit_id=credit.id,
                        facts={"why": why, "days": lives.value, **(facts or {})})])
        db.session.refresh(credit)
    return credit
