"""Asking the processor: the call is written down with its key, and made by the worker after the commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db
from core.ids import new_id
from core.money import Money
from core.outbox import post
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Calling, CallState, Payment, PaymentCall


def ask(calling: Calling, *, payer: Payer, about: UUID, now: datetime, amount: Money | None = None) -> PaymentCall:
    """Have the processor asked, once this transaction has committed."""
    call = PaymentCall(id=new_id(), calling=calling, payer_id=payer.id, about=about, state=CallState.WAITING, asked_at=now,
                       amount_cents=amount.cents if amount else None)
    db.session.add(call)
    db.session.flush()
    hand_over(call.id, payer.member_id, now)
    return call


def hand_over(call_id: UUID, member_id: int | None, due: datetime, turn: int = 0) -> None:
    """Put the call into the outbox; `turn` tells a later attempt from the first."""
    post("payment_call", member_id=member_id, due=due, once=f"call-{call_id}-{turn}", call_id=str(call_id))


def is_asked(calling: Calling | tuple[Calling, ...], about: UUID) -> bool:
    """Whether this, or one of these, was asked already and is not answered yet."""
    asked = calling if isinstance(calling, tuple) else (calling,)
    return db.session.scalar(select(PaymentCall.id).where(
        PaymentCall.about == about, PaymentCall.calling.in_(asked), PaymentCall.state == CallState.WAITING)) is not None


def let_go(payer: Payer, payment: Payment, now: datetime) -> None:
    """Have the processor asked to release it, unless it is asked already."""
    if not is_asked(Calling.RELEASE, payment.id):
        ask(Calling.RELEASE, payer=payer, about=payment.id, now=now)
