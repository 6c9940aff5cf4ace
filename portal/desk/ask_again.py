"""Asking again: what a payer owes, a call without an answer, the processor's books. The worker does it after the commit."""

from datetime import datetime
from uuid import UUID

from core.audit import audit
from core.database import db, transaction
from core.outbox import post
from core.refusal import NotFound
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import hand_over
from portal.billing.payments.models import CallState, PaymentCall

BY_HAND = 1_000_000  # turns of calls that staff hand over begin here; the sweep counts hours


def settle_again(*, payer_id: int, now: datetime) -> None:
    """Have what a payer owes collected now; pressed twice in a minute is once. Raises NotFound."""
    with transaction():
        payer = locked(payer_id)
        post("settle", member_id=payer.member_id, due=now, once=f"settle-by-hand-{payer.id}-{now:%Y%m%d%H%M}",
             payer_id=payer.id, reservation_id=None, since=now.isoformat())
        audit(f"payers/{payer.id}", before={}, after={"settle": "asked again"})


def look_again(*, call_id: UUID, now: datetime) -> bool:
    """Hand a call over again; whether it was still without an answer. Twice in a minute is once. Raises NotFound."""
    with transaction():
        call = db.session.get(PaymentCall, call_id, populate_existing=True)
        if call is None:
            raise NotFound()
        if call.state != CallState.WAITING:
            return False
        payer = db.session.get_one(Payer, call.payer_id)
        minutes = int((now - call.asked_at).total_seconds() // 60)
        hand_over(call.id, payer.member_id, now, turn=BY_HAND + minutes)
        audit(f"payment_calls/{call.id}", before={}, after={"handed_over": "again"})
    return True


def read_books_again(*, now: datetime) -> None:
    """Have the processor's books read and compared; pressed twice in a minute is once."""
    with transaction():
        post("reconcile", due=now, once=f"reconcile-by-hand-{now:%Y%m%d%H%M}")
        audit("processor_movements", before={}, after={"books": "read again"})
