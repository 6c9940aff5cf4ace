"""From Stripe's objects to the port's: pure functions over what the SDK gives us, with what we always expand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from stripe import BalanceTransaction, Charge, Dispute, PaymentIntent, PaymentMethod, Refund
from stripe import Event as StripeEvent
from stripe.checkout import Session

from core.money import Money
from portal.billing.payments.port import (
    CardSeen,
    ChargebackSeen,
    Event,
    Movement,
    PageSeen,
    PaymentSeen,
    PaymentState,
    Redirect,
    RefundSeen,
)
from portal.billing.stripe.errors import AUTHENTICATE

PAYMENT = ["latest_charge"]  # what to expand of a payment intent; its charge has the card
PAGE = ["setup_intent.payment_method", *(f"payment_intent.{each}" for each in PAYMENT)]

STATES = {
    "requires_capture": PaymentState.HELD,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.RELEASED,
    "requires_action": PaymentState.CONFIRM,
    "requires_confirmation": PaymentState.CONFIRM,
    "requires_payment_method": PaymentState.DECLINED,
    "processing": PaymentState.PROCESSING,
}
REFUND_STATES = {
    "pending": "pending", "requires_action": "pending", "succeeded": "done", "failed": "failed", "canceled": "failed",
}
DISPUTE_STATES = {  # an inquiry ("warning") that is closed took no money, and neither did a dispute that was prevented
    "needs_response": "needs_response", "warning_needs_response": "needs_response", "under_review": "under_review",
    "warning_under_review": "under_review", "won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost",
}
MOVEMENTS = frozenset({"charge", "refund", "refund_failure", "dispute", "dispute_reversal", "payout"})


def read_payment(intent: PaymentIntent) -> PaymentSeen:
    """A payment, with PAYMENT expanded."""
    charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
    error = intent.last_payment_error
    state = STATES[intent.status]
    if error and state is PaymentState.DECLINED and AUTHENTICATE in _reasons(error):
        state = PaymentState.CONFIRM  # how Stripe leaves a charge whose bank wants to see its customer
    declined = state is PaymentState.DECLINED and _reasons(error)
    return PaymentSeen(
        id=intent.id,
        state=state,
        amount=money(intent.amount, intent.currency),
        captured=money(intent.amount_received, intent.currency),
        refunded=money(charge.amount_refunded if charge and intent.amount_received else 0, intent.currency),
        card=_card_of(intent),
        hold_ends_at=_hold_ends_at(charge) if charge and state is PaymentState.HELD else None,
        declined_why=declined[0] if declined else None,
        once=once_of(intent),
        at=moment(intent.created),
    )


def _card_of(intent: PaymentIntent) -> CardSeen | None:
    """The card it is on; a decline takes it off the intent, and leaves it on the error and the charge."""
    charge, error = intent.latest_charge, intent.last_payment_error
    seen = read_card(intent.payment_method) or read_card(getattr(error, "payment_method", None))
    if seen is None and isinstance(charge, Charge) and charge.payment_method:
        return _card(charge.payment_method, charge.payment_method_details)
    return seen


def read_card(method: PaymentMethod | str | None) -> CardSeen | None:
    """A card that is kept, where Stripe gives the whole of it."""
    return _card(method.id, method) if isinstance(method, PaymentMethod) else None


def _card(card_id: str, seen: Any) -> CardSeen | None:
    """From a payment method or from the details of a charge: both have `card`."""
    card = getattr(seen, "card", None)
    if card is None:
        return None
    return CardSeen(card_id, card.brand or "unknown", card.last4 or "", card.exp_month, card.exp_year)


def _hold_ends_at(charge: Charge) -> datetime | None:
    card = getattr(charge.payment_method_details, "card", None)
    ends = getattr(card, "capture_before", None)
    return moment(ends) if ends else None


def _reasons(error: Any) -> list[str]:
    """The bank's reason first, then Stripe's."""
    said = (getattr(error, "decline_code", None), getattr(error, "code", None))
    return [word for word in said if word]


def read_page(session: Session) -> PageSeen:
    """A page of Checkout, with PAGE expanded."""
    setup, intent = session.setup_intent, session.payment_intent
    paid = read_payment(intent) if isinstance(intent, PaymentIntent) else None
    kept = read_card(setup.payment_method) if setup and not isinstance(setup, str) else None
    return PageSeen(session.id, session.status or "open", kept, paid)


def read_redirect(session: Session) -> Redirect:
    """Where to send the member."""
    assert session.url, "a session that was just made has an address"
    return Redirect(session.id, session.url, moment(session.expires_at))


def read_refund(refund: Refund) -> RefundSeen:
    """A refund of a payment."""
    return RefundSeen(refund.id, id_of(refund.payment_intent) or "", REFUND_STATES[refund.status or "pending"],
                      money(refund.amount, refund.currency))


def read_chargeback(dispute: Dispute) -> ChargebackSeen:
    """A cardholder's dispute."""
    due = dispute.evidence_details.due_by
    return ChargebackSeen(dispute.id, id_of(dispute.payment_intent) or "", money(dispute.amount, dispute.currency),
                          dispute.reason, DISPUTE_STATES[dispute.status], moment(due) if due else None,
                          takes_money=not dispute.status.startswith(("warning", "prevented")))


def read_movements(line: BalanceTransaction) -> Iterator[Movement]:
    """A line of the books, with its `source` expanded. A fee that Stripe gives back stands as a movement of its own."""
    kind = line.reporting_category if line.reporting_category in MOVEMENTS else "other"
    source = line.source
    about = id_of(source.payment_intent) or source.id if isinstance(source, Charge) else id_of(source)
    yield Movement(line.id, kind, money(line.amount, line.currency), money(max(line.fee, 0), line.currency),
                   moment(line.created), about)
    if line.fee < 0:
        yield Movement(f"{line.id}-fee", "other", money(-line.fee, line.currency), money(0, line.currency),
                       moment(line.created), about)


def read_event(event: StripeEvent, body: dict[str, Any]) -> Event:
    """A webhook; `body` is its text as JSON."""
    about = event.data.object  # a StripeObject, whatever its type says
    kind = str(getattr(about, "object", ""))
    object_id = str(getattr(about, "id", ""))
    payment_id = object_id if kind == "payment_intent" else id_of(getattr(about, "payment_intent", None))
    return Event(event.id, event.type, object_id, kind, payment_id, moment(event.created), event.livemode, body)


def once_of(found: PaymentIntent | Refund) -> str | None:
    """Our `once`, which we wrote into its metadata."""
    return getattr(found.metadata, "once", None)


def id_of(found: Any) -> str | None:
    """The id of what may be expanded or not, or not there."""
    return found if found is None or isinstance(found, str) else str(found.id)


def money(cents: int, currency: str) -> Money:
    """Stripe writes currencies small."""
    return Money(cents, currency.upper())


def moment(seconds: int) -> datetime:
    """Stripe's times are whole seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
