"""The payments port over one StripeClient: the same code for Stripe and for the embedded one, which differ in who answers."""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import stripe

from core.money import Money
from portal.billing.payments.port import (
    BadSignature,
    ChargebackSeen,
    Event,
    Movement,
    NeedsConfirmation,
    PageSeen,
    PaymentSeen,
    PaymentsRefused,
    PaymentState,
    Redirect,
    RefundSeen,
)
from portal.billing.stripe.errors import asking, asking_the_bank
from portal.billing.stripe.reading import (
    PAGE,
    PAYMENT,
    once_of,
    read_chargeback,
    read_event,
    read_movements,
    read_page,
    read_payment,
    read_redirect,
    read_refund,
)

SKEW = timedelta(minutes=5)  # how far our clock and Stripe's may be apart
SIGNED_AT_MOST_SECONDS = 300
EVENT_SAYS = frozenset({"object", "id", "type", "created", "data", "livemode"})
PAGE_SIZE = 100  # the most that Stripe lists at once
CARDS: Any = ["card"]  # nothing that sends members elsewhere or takes days to be sure of

stripe.enable_telemetry = False  # it would leave an id in the home folder
logging.getLogger("stripe").setLevel(logging.WARNING)  # below, it writes down whole requests and answers


class StripePayments:
    """The port over Stripe. `secret_key` says which mode (test or live) is ours; `http_client` who answers."""

    def __init__(self, *, secret_key: str, webhook_secret: str, http_client: stripe.HTTPClient) -> None:
        # One attempt: whoever asks for money has a queue that asks again, with the same `once`.
        self.client = stripe.StripeClient(secret_key, http_client=http_client, max_network_retries=0)
        self.live = is_live(secret_key)
        self._webhook_secret = webhook_secret

    # Customers, cards and pages.

    def open_customer(self, *, reference: str, email: str, name: str, once: str) -> str:
        with asking():
            customer = self.client.v1.customers.create(
                {"email": email, "name": name, "metadata": {"once": once, "reference": reference}}, keyed(once))
        return customer.id

    def rename_customer(self, customer: str, *, email: str, name: str) -> None:
        with asking():
            self.client.v1.customers.update(known(customer), {"email": email, "name": name})

    def forget_card(self, card: str, *, once: str) -> None:
        try:
            with asking():
                self.client.v1.payment_methods.detach(known(card), {}, keyed(once))
        except PaymentsRefused:
            if not self._card_is_gone(card):
                raise

    def _card_is_gone(self, card: str) -> bool:
        try:
            with asking():
                return self.client.v1.payment_methods.retrieve(known(card)).customer is None
        except PaymentsRefused as no:
            if no.code == "resource_missing":
                return True
            raise

    def forget_customer(self, customer: str) -> None:
        try:
            with asking():
                self.client.v1.customers.delete(known(customer))
        except PaymentsRefused as no:
            if no.code != "resource_missing":
                raise

    def ask_for_card(self, customer: str, *, back_to: str, give_up_to: str, once: str) -> Redirect:
        with asking():
            return read_redirect(self.client.v1.checkout.sessions.create({
                "mode": "setup", "customer": customer, "allowed_payment_method_types": CARDS, "metadata": {"once": once},
                "setup_intent_data": {"metadata": {"once": once}},
                "success_url": naming_its_page(back_to), "cancel_url": give_up_to,
            }, keyed(once)))

    def ask_to_pay(self, customer: str, amount: Money, *, about: str, hold: bool, back_to: str, give_up_to: str,
                   once: str) -> Redirect:
        with asking():
            return read_redirect(self.client.v1.checkout.sessions.create({
                "mode": "payment", "customer": customer, "allowed_payment_method_types": CARDS, "metadata": {"once": once},
                "line_items": [{"quantity": 1, "price_data": {
                    "currency": amount.currency.lower(), "unit_amount": amount.cents, "product_data": {"name": about}}}],
                "payment_intent_data": {
                    "capture_method": "manual" if hold else "automatic", "setup_future_usage": "off_session",
                    "description": about, "metadata": {"once": once}},
                "success_url": naming_its_page(back_to), "cancel_url": give_up_to,
            }, keyed(once)))

    def look_at_page(self, page_id: str) -> PageSeen:
        with asking():
            return read_page(self.client.v1.checkout.sessions.retrieve(known(page_id), {"expand": PAGE}))

    def close_page(self, page_id: str) -> None:
        try:
            with asking():
                self.client.v1.checkout.sessions.expire(known(page_id))
        except PaymentsRefused:
            if self.look_at_page(page_id).state == "open":
                raise

    # Money.

    def hold(self, customer: str, card: str, amount: Money, *, about: str, once: str) -> PaymentSeen:
        return self._pay(customer, card, amount, about=about, once=once, hold=True)

    def charge(self, customer: str, card: str, amount: Money, *, about: str, once: str) -> PaymentSeen:
        return self._pay(customer, card, amount, about=about, once=once, hold=False)

    def _pay(self, customer: str, card: str, amount: Money, *, about: str, once: str, hold: bool) -> PaymentSeen:
        with asking_the_bank():
            payment = read_payment(self.client.v1.payment_intents.create({
                "amount": amount.cents, "currency": amount.currency.lower(), "customer": customer, "payment_method": card,
                "allowed_payment_method_types": CARDS, "capture_method": "manual" if hold else "automatic", "confirm": True,
                "off_session": True, "description": about, "metadata": {"once": once}, "expand": PAYMENT,
            }, keyed(once)))
        if payment.state is PaymentState.CONFIRM:
            raise NeedsConfirmation("authentication_required", payment_id=payment.id)
        return payment

    def capture(self, payment_id: str, amount: Money, *, once: str) -> PaymentSeen:
        # No metadata: it would write over the `once` under which the payment was made.
        with asking():
            return read_payment(self.client.v1.payment_intents.capture(
                known(payment_id), {"amount_to_capture": amount.cents, "expand": PAYMENT}, keyed(once)))

    def release(self, payment_id: str, *, once: str) -> PaymentSeen:
        try:
            with asking():
                return read_payment(self.client.v1.payment_intents.cancel(
                    known(payment_id), {"expand": PAYMENT}, keyed(once)))
        except PaymentsRefused:
            payment = self.look_at_payment(payment_id)
            if payment.state is not PaymentState.RELEASED:
                raise
            return payment

    def refund(self, payment_id: str, amount: Money, *, once: str) -> RefundSeen:
        with asking():
            return read_refund(self.client.v1.refunds.create(
                {"payment_intent": payment_id, "amount": amount.cents, "metadata": {"once": once}}, keyed(once)))

    # What has become of it.

    def look_at_payment(self, payment_id: str) -> PaymentSeen:
        with asking():
            return read_payment(self.client.v1.payment_intents.retrieve(known(payment_id), {"expand": PAYMENT}))

    def look_at_refund(self, refund_id: str) -> RefundSeen:
        with asking():
            return read_refund(self.client.v1.refunds.retrieve(known(refund_id)))

    def find(self, customer: str, *, once: str, since: datetime) -> PaymentSeen | None:
        with asking():
            made = self.client.v1.payment_intents.list({
                "customer": customer, "created": {"gte": seconds(since - SKEW)}, "limit": PAGE_SIZE,
                "expand": [f"data.{each}" for each in PAYMENT]}).auto_paging_iter()
            return next((read_payment(intent) for intent in made if once_of(intent) == once), None)

    def find_refund(self, payment_id: str, *, once: str) -> RefundSeen | None:
        with asking():
            return next((read_refund(refund) for refund in self._refunds(payment_id) if once_of(refund) == once), None)

    def _refunds(self, payment_id: str) -> Iterable[stripe.Refund]:
        return self.client.v1.refunds.list({"payment_intent": payment_id, "limit": PAGE_SIZE}).auto_paging_iter()

    # Chargebacks and the books.

    def look_at_chargeback(self, chargeback_id: str) -> ChargebackSeen:
        with asking():
            return read_chargeback(self.client.v1.disputes.retrieve(known(chargeback_id)))

    def answer_chargeback(self, chargeback_id: str, evidence: dict[str, str], *, once: str) -> ChargebackSeen:
        handed_in: Any = evidence  # the field names are the caller's, and Stripe's to refuse
        with asking():
            return read_chargeback(self.client.v1.disputes.update(
                known(chargeback_id), {"evidence": handed_in, "submit": True}, keyed(once)))

    def movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        with asking():  # Stripe lists the newest first and has no other order, so the whole window is read before the first
            newest_first = list(self.client.v1.balance_transactions.list({
                "created": {"gte": seconds(since), "lt": seconds(until)}, "limit": PAGE_SIZE, "expand": ["data.source"],
            }).auto_paging_iter())
        for line in reversed(newest_first):
            yield from read_movements(line)

    # Webhooks.

    def read_event(self, body: bytes, signature: str) -> Event:
        try:
            stripe.WebhookSignature.verify_header(
                body, signature.encode("ascii").decode(), self._webhook_secret, SIGNED_AT_MOST_SECONDS)
        except (stripe.SignatureVerificationError, UnicodeError):
            raise BadSignature("bad_signature") from None
        document = event_in(body)
        if document["livemode"] is not self.live:
            raise PaymentsRefused("other_mode")
        return read_event(stripe.Event.construct_from(document, None), document)


def is_live(secret_key: str) -> bool:
    """Whether the key moves real money."""
    return secret_key.startswith(("sk_live_", "rk_live_"))


def keyed(once: str) -> Any:
    """Our `once` as Stripe's idempotency key. Raises ValueError unless it is 1 to 255 visible ASCII characters."""
    if not re.fullmatch(r"[!-~]{1,255}", once):
        raise ValueError("once is 1 to 255 visible ASCII characters")
    return {"idempotency_key": once}


def known(object_id: str) -> str:
    """An id that can be one: anything else would become another address at Stripe (an empty one: the whole list)."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,255}", object_id):
        raise PaymentsRefused("resource_missing")
    return object_id


def event_in(body: bytes) -> dict[str, Any]:
    """The event as JSON. Raises PaymentsRefused when it is something else, though signed."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(document, dict) and document.keys() >= EVENT_SAYS and document["object"] == "event":
        return document
    raise PaymentsRefused("not_an_event")


def naming_its_page(back_to: str) -> str:
    """Our address with the page's id for Stripe to fill in; the braces must reach Stripe as they are."""
    address, mark, fragment = back_to.partition("#")
    return f"{address}{'&' if '?' in address else '?'}session_id={{CHECKOUT_SESSION_ID}}{mark}{fragment}"


def seconds(at: datetime) -> int:
    """The first whole second that is not before `at`: Stripe's times have no fractions."""
    return ceil(at.timestamp())
