"""A Stripe of one's own, with a clock to turn and the ordinary at hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from stripe import StripeClient

from portal.billing.stripe.embedded.client import EmbeddedStripe
from portal.billing.stripe.embedded.faults import Faults
from portal.billing.stripe.embedded.store import Store

SECRET = "whsec_only_for_tests"
KEY = "sk_test_only_for_tests"
BASE = "http://localhost:8000"
VISA = "pm_card_visa"
ONLY_CARDS: Any = {"allowed_payment_method_types": ["card"]}


@dataclass
class Town:
    """An embedded Stripe, the real SDK in front of it, and its clock."""

    store: Store
    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.embedded = EmbeddedStripe(self.store, clock=lambda: self.at, webhook_secret=SECRET, checkout_base=BASE,
                                       **{"disorder": False} | self.settings)
        self.api = StripeClient(KEY, http_client=self.embedded, max_network_retries=0).v1

    @property
    def now(self) -> int:
        return int(self.at.timestamp())

    def wait(self, **length: float) -> None:
        self.at += timedelta(**length)

    def fails(self, faults: Faults | None) -> None:
        self.embedded.faults = faults

    # The ordinary.

    def customer(self) -> str:
        return self.api.customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"member": "7"}}).id

    def card(self, customer: str, token: str = VISA) -> str:
        """A card of the customer's, as it is after a page on which they passed any check."""
        session = self.api.checkout.sessions.create(
            ONLY_CARDS | {"mode": "setup", "customer": customer, "success_url": BASE})
        self.embedded.complete_page(session.id, token, bank_says_yes=True)
        (newest, *_) = self.api.customers.payment_methods.list(customer).data
        return newest.id

    def pay(self, customer: str | None, card: str, amount: int = 5000, *, once: str | None = None,
            **more: Any) -> stripe.PaymentIntent:
        said: Any = {
            "amount": amount, "currency": "usd", "payment_method": card, "confirm": True, "off_session": True,
            "capture_method": "automatic", **ONLY_CARDS, **({"customer": customer} if customer else {}), **more,
        }
        return self.api.payment_intents.create(said, {"idempotency_key": once} if once else None)

    def hold(self, customer: str | None, card: str, amount: int = 5000, **more: Any) -> stripe.PaymentIntent:
        return self.pay(customer, card, amount, capture_method="manual", **more)

    def charge_of(self, intent: str) -> stripe.Charge:
        (newest, *_) = self.api.charges.list({"payment_intent": intent}).data
        return newest

    def kinds(self) -> list[str]:
        """The events of the whole day, oldest first."""
        return [str(event.type) for event in self.api.events.list({"limit": 100}).data][::-1]
