"""Holding the price of a trip on a card, days before it starts; and again before the hold runs out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.outbox import NotNow, post
from fleet.tariffs.in_force import policies_at
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import is_asked, let_go
from portal.billing.payments.models import Calling, Payment, Purpose, State
from portal.billing.payments.want import next_card, open_payments, want

LOOK_AGAIN = timedelta(minutes=10)  # whether the member has come back from the processor's page
TRIES = 8  # cards and confirmations together; after that the member is asked to see to it


def hold_for_trip(*, payer_id: int, reservation_id: int, amount: Money, now: datetime) -> Payment | None:
    """Hold the amount on the first card that has not just declined it. None when that is not needed, or no card is left."""
    with transaction():
        payer = locked(payer_id)
        running = open_payments(reservation_id)
        if payer.by_invoice or any(not _runs_out(payment, now) for payment in running):
            return None
        amount = Money(max(amount.cents, policies_at(now)["charge_least"].value), amount.currency)
        so_far = db.session.scalar(select(func.count(Payment.id)).where(Payment.reservation_id == reservation_id)) or 0
        tried = db.session.scalar(select(func.count(Payment.id)).where(
            Payment.reservation_id == reservation_id, Payment.once.not_like("change-%"))) or 0
        card = next_card(payer_id, now, reservation_id) if tried < TRIES + len(running) else None
        if card is None:
            post("payment_needed", member_id=payer.member_id, due=now, once=f"payment_needed-{reservation_id}-{so_far}",
                 reservation_id=reservation_id)
            return None
        return want(payer, card, amount, Purpose.TRIP, now, once=f"hold-{reservation_id}-{so_far}",
                    reservation_id=reservation_id)


def change_hold(*, payer_id: int, reservation_id: int, amount: Money | None, now: datetime, once: str) -> Payment | None:
    """Hold another amount in place of what is held or being asked for, which is let go once the new one is held; with no
    amount, let go. A card that says no leaves the old hold as it is: what is missing is charged at the end. What waits for the
    member at their bank is given up, and the bank is asked about the new amount.

    Raises NotNow while the member is on a page of the processor's for the old amount: it ends as they end it.
    """
    with transaction():
        payer, found = locked(payer_id), open_payments(reservation_id)
        if any(one.state == State.WANTED and one.card_id is None for one in found):
            raise NotNow(now + LOOK_AGAIN)
        running = [one for one in found if one.state == State.HELD or (one.state == State.WANTED and one.card_id is not None)]
        waiting = [one for one in found if one.state == State.CONFIRM and not is_asked(Calling.RELEASE, one.id)]
        if payer.by_invoice or not (running or waiting):
            return None
        if amount is None:
            _give_up(payer, [one for one in running if one.state == State.HELD] + waiting, now)
            return None
        amount = Money(max(amount.cents, policies_at(now)["charge_least"].value), amount.currency)
        if running and running[-1].amount == amount:
            _give_up(payer, waiting, now)
            return None
        card = next_card(payer_id, now, reservation_id) if all(one.amount != amount for one in waiting) else None
        if card is None:
            return None
        _give_up(payer, waiting, now)
        return want(payer, card, amount, Purpose.TRIP, now, once=once, reservation_id=reservation_id)


def _give_up(payer: Payer, payments: Sequence[Payment], now: datetime) -> None:
    for payment in payments:
        let_go(payer, payment, now)


def _runs_out(payment: Payment, now: datetime) -> bool:
    """Whether a hold has less time left than it takes to renew it."""
    return (payment.state == State.HELD and payment.hold_ends_at is not None
            and payment.hold_ends_at <= now + timedelta(minutes=policies_at(now)["hold_renew"].value))


def renew_holds(now: datetime) -> int:
    """Have every hold that runs out renewed, while its trip is not billed yet; how many there were."""
    soon = now + timedelta(minutes=policies_at(now)["hold_renew"].value)
    ending = db.session.execute(
        select(Payment.id, Payment.reservation_id, Payer.member_id).join(Payer, Payer.id == Payment.payer_id)
        .where(Payment.state == State.HELD, Payment.hold_ends_at <= soon).limit(100)).all()
    if not ending:
        return 0
    with transaction():
        for payment_id, reservation_id, member_id in ending:
            post("trip_hold", member_id=member_id, due=now, once=f"renew-{payment_id}", reservation_id=reservation_id)
    return len(ending)
