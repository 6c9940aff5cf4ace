"""Sending back: what we owe a payer goes to the cards it came from."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.ids import new_id
from core.money import Money
from experience.promises.kinds import PromiseKind
from experience.promises.mint import Promised, mint
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.models import Payer
from portal.billing.payments.ask import ask
from portal.billing.payments.models import Calling, Chargeback, Payment, Refund, RefundState

BACK_WITHIN = timedelta(days=5)


def send_back(payer: Payer, why: str, once: str, now: datetime, reservation_id: int | None = None, *,
              most: Money | None = None) -> Money:
    """Send what we owe the payer back to the cards it came from, within the open transaction: what was paid for the
    booking first, then the newest payments. What no payment covers stays as a balance for the next bill. With `most`, no more
    than that."""
    back = max(0, -payer.owed_cents if most is None else min(-payer.owed_cents, most.cents))
    payments = db.session.scalars(
        select(Payment).where(Payment.payer_id == payer.id, Payment.captured_cents > Payment.refunded_cents,
                              Payment.id.not_in(select(Chargeback.payment_id).where(Chargeback.state != "won")))
        .order_by((Payment.reservation_id == reservation_id).desc() if reservation_id else Payment.asked_at.desc(),
                  Payment.asked_at.desc()).limit(20).with_for_update(of=Payment)).all()
    left = back
    for number, payment in enumerate(payments):
        part = min(left, payment.left_to_refund.cents)
        if part <= 0:
            break
        refund = Refund(id=new_id(), payment_id=payment.id, amount_cents=part, currency=payment.currency, why=why,
                        state=RefundState.WANTED, asked_at=now, once=f"{once}-{number}")
        payment.refunded_cents += part
        db.session.add(refund)
        db.session.flush()
        enter([Transfer(Account.RECEIVABLE, Account.PROCESSOR, refund.amount, Origin.REFUND, "refunded", "refund", 1,
                        f"refund-{refund.id}", now, payer_id=payer.id, member_id=payer.member_id,
                        reservation_id=payment.reservation_id, payment_id=payment.id,
                        facts={"last_four": payment.card.last_four} if payment.card else {})])
        if payer.member_id is not None:
            mint(member_id=payer.member_id, promised=[Promised(PromiseKind.REFUND, now + BACK_WITHIN)], at=now,
                 reservation_id=payment.reservation_id, subject=f"refund:{refund.id}")
        ask(Calling.REFUND, payer=payer, about=refund.id, now=now, amount=refund.amount)
        left -= part
    return Money(back - left, payer.currency)
