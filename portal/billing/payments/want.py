"""Wanting money: a hold for a trip, a charge for what is owed, each on one card."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database import db
from core.ids import new_id
from core.money import Money
from portal.billing.cards.models import Card
from portal.billing.dunning.remind import reminded_at
from portal.billing.payers.models import Payer
from portal.billing.payments.ask import ask, let_go
from portal.billing.payments.models import OPEN, Calling, CallState, Payment, PaymentCall, Purpose, State

SAME_ANSWER = timedelta(minutes=30)  # a bank that said no says it again within this


def next_card(payer_id: int, now: datetime, reservation_id: int | None = None, *, since: datetime | None = None) -> Card | None:
    """The card to ask: the first, then the one behind it. A card that has just said no to the same, or whose bank has just
    wanted to see its owner for a charge, is not asked again; for a debt, not before its
    next reminder is due. With `since`, only what was said from then on counts."""
    if since is None:
        since = now - SAME_ANSWER
        if reservation_id is None:
            since = min(since, reminded_at(db.session.get_one(Payer, payer_id)) or since)
    declined = select(Payment.id).where(
        Payment.payer_id == payer_id, Payment.asked_at > since, Payment.card_id == Card.id, Payment.asked_at >= Card.added_at,
        *((Payment.reservation_id == reservation_id, Payment.state == State.DECLINED) if reservation_id else
          (Payment.purpose == Purpose.BALANCE, Payment.state.in_((State.DECLINED, State.CONFIRM, State.RELEASED)))))
    return db.session.scalars(
        select(Card).where(Card.payer_id == payer_id, Card.removed_at.is_(None),
                           ~declined.exists())
        .order_by(Card.rank).limit(1)).first()


def want(payer: Payer, card: Card | None, amount: Money, purpose: Purpose, now: datetime, *, once: str,
         reservation_id: int | None = None) -> Payment:
    """A payment that is wanted, within the open transaction; without a card, its owner gives one on the processor's page."""
    payment = Payment(id=new_id(), payer_id=payer.id, card_id=card.id if card else None, reservation_id=reservation_id,
                      purpose=purpose, state=State.WANTED, amount_cents=amount.cents, currency=amount.currency,
                      asked_at=now, once=once)
    db.session.add(payment)
    db.session.flush()
    if card is not None:
        ask(Calling.HOLD if purpose is Purpose.TRIP else Calling.CHARGE, payer=payer, about=payment.id, now=now,
            amount=amount)
    return payment


def on_its_way(payer_id: int) -> int:
    """Cents that are being charged or captured, and not in the ledger yet. A charge that waits for the member at their bank
    is not: it takes nothing by itself, and when they come they confirm another one."""
    charges = db.session.scalar(select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
        Payment.payer_id == payer_id, Payment.purpose == Purpose.BALANCE, Payment.state == State.WANTED))
    captures = db.session.scalar(select(func.coalesce(func.sum(PaymentCall.amount_cents), 0)).where(
        PaymentCall.payer_id == payer_id, PaymentCall.calling == Calling.CAPTURE, PaymentCall.state == CallState.WAITING,
        PaymentCall.about.in_(select(Payment.id).where(Payment.payer_id == payer_id, Payment.state == State.HELD))))
    return int(charges or 0) + int(captures or 0)


def give_up_waiting(payer: Payer, now: datetime) -> None:
    """Let go of charges that wait for the member at their bank, because the money comes, or is asked for, another way."""
    for payment in db.session.scalars(select(Payment).where(
            Payment.payer_id == payer.id, Payment.purpose == Purpose.BALANCE, Payment.state == State.CONFIRM)).all():
        let_go(payer, payment, now)


def open_payments(reservation_id: int) -> list[Payment]:
    """The payments for a booking that are wanted, wait or are held."""
    return list(db.session.scalars(
        select(Payment).where(Payment.reservation_id == reservation_id, Payment.state.in_(OPEN)).order_by(Payment.asked_at)))


def by_processor(processor_id: str) -> Payment | None:
    """The payment that the processor calls by this id."""
    return db.session.scalar(select(Payment).where(Payment.processor_id == processor_id))


def locked_payment(payment_id: UUID) -> Payment:
    """The payment, loaded again and kept from other hands until the transaction ends."""
    found = db.session.get(Payment, payment_id, with_for_update={"of": Payment}, populate_existing=True)
    assert found is not None  # it is named by a row of ours
    return found
