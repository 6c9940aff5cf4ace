"""Forgetting a card at the processor, too."""

from core.database import db, hold_nothing_open, transaction
from portal.billing.cards.models import Card
from portal.billing.payments.carry_out import close_call
from portal.billing.payments.models import CallState, PaymentCall
from portal.billing.payments.port import Payments, PaymentsRefused


def forget_card(call: PaymentCall, payments: Payments) -> None:
    """Have the processor keep the card no longer; what it says no to is gone already."""
    card = db.session.get_one(Card, call.about)
    processor_id, state, reason = card.processor_id, CallState.DONE, None
    hold_nothing_open()
    try:
        payments.forget_card(processor_id, once=call.key)
    except PaymentsRefused as no:
        state, reason = CallState.REFUSED, no.code
    with transaction():
        close_call(call, state, reason)
