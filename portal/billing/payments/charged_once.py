"""Charged once: what a second charge for the same trip would have taken."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.models import Promise
from experience.promises.settle import settle
from portal.billing.payments.models import Payment, Purpose


def charged_again(reservation_id: int) -> tuple[int, int]:
    """Cents that were taken for a trip besides its one charge, and how many charges there were; also those sent back since."""
    taken = db.session.scalars(select(Payment.captured_cents).where(
        Payment.reservation_id == reservation_id, Payment.purpose == Purpose.TRIP, Payment.captured_cents > 0)).all()
    return sum(taken) - max(taken, default=0), len(taken)


def settle_charged_once(reservation_id: int, at: datetime, *, over: bool) -> Promise | None:
    """Settle it by the ledger's payments: broken as soon as there is a second charge, kept when all is `over`."""
    cents, charges = charged_again(reservation_id)
    if not cents and not over:
        return None
    return settle(kind=PromiseKind.CHARGED_ONCE, outcome=Outcome.BROKEN if cents else Outcome.KEPT, at=at,
                  reservation_id=reservation_id, actual=cents, cause=Cause.BILLING if cents else None,
                  evidence={"charges": charges, "again_cents": cents})
