"""Settling: what is owed is taken from what is held, then from the cards; what is held for more is let go."""

from datetime import datetime

from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from fleet.tariffs.in_force import policies_at
from portal.billing.dunning.remind import nobody_pays
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import ask, is_asked
from portal.billing.payments.models import Calling, Payment, Purpose, State
from portal.billing.payments.want import give_up_waiting, next_card, on_its_way, open_payments, want


def settle(*, payer_id: int, now: datetime, reservation_id: int | None = None,
           since: datetime | None = None) -> None:
    """Have what a payer owes collected; of the booking, when one is named, nothing is held afterwards.

    Amounts below the policy `charge_least` wait for the next bill. What is on its way already is not asked for twice.
    What cards said before `since` is forgotten: somebody asks by hand.
    """
    with transaction():
        payer = locked(payer_id)
        least = policies_at(now)["charge_least"].value
        due = payer.owed_cents - on_its_way(payer.id)
        held = [one for one in open_payments(reservation_id) if one.purpose == Purpose.TRIP] if reservation_id else []
        for payment in held:
            theirs = payment.payer_id == payer.id  # who pays may have changed since: a hold is for its own payer's bill
            due -= _take_or_let_go(payer, payment, min(due, payment.amount_cents) if theirs else 0, least, now)
        if any(payment.state == State.WANTED for payment in held):
            return  # its answer settles again
        if payer.by_invoice:
            return
        card = next_card(payer.id, now, since=since) if due >= least else None
        if card is None and due >= least:
            nobody_pays(payer, now)
            return
        give_up_waiting(payer, now)
        if card is None:
            return
        number = db.session.scalar(select(func.count(Payment.id)).where(Payment.payer_id == payer.id)) or 0
        want(payer, card, Money(due, payer.currency), Purpose.BALANCE, now, once=f"balance-{payer.id}-{number}",
             reservation_id=reservation_id)


def _take_or_let_go(payer: Payer, payment: Payment, part: int, least: int, now: datetime) -> int:
    """Cents that are taken of a hold."""
    if payment.state == State.WANTED or is_asked((Calling.CAPTURE, Calling.RELEASE), payment.id):
        return 0
    if payment.state == State.HELD and part >= least:
        ask(Calling.CAPTURE, payer=payer, about=payment.id, now=now, amount=Money(part, payment.currency))
        return part
    ask(Calling.RELEASE, payer=payer, about=payment.id, now=now)
    return 0


