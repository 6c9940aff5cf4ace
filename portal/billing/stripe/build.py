"""The payments port as the settings want it: over Stripe itself, or over the embedded Stripe in a file of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import stripe

from portal.billing.stripe.embedded.client import EmbeddedStripe
from portal.billing.stripe.embedded.file import FileStore
from portal.billing.stripe.embedded.store import Store
from portal.billing.stripe.payments import StripePayments

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 5.0  # together 8: nobody waits longer for Stripe
EMBEDDED_KEY = "sk_test_embedded"


@dataclass(frozen=True, slots=True)
class Processor:
    """The port, and when it is embedded the Stripe behind it: for the look-alike page and for sending its webhooks."""

    payments: StripePayments
    embedded: EmbeddedStripe | None


def live_payments(secret_key: str, webhook_secret: str) -> Processor:
    """Stripe itself, in the mode of the key. Of the SDK's clients, this one keeps its connections and its time-outs."""
    client = stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    payments = StripePayments(secret_key=secret_key, webhook_secret=webhook_secret, http_client=client)
    return Processor(payments, None)


def embedded_payments(
    file: Path, *, clock: Callable[[], datetime], webhook_secret: str, checkout_base: str, seed: int, disorder: bool = True,
) -> Processor:
    """The embedded Stripe in `file`, which several processes may share; nothing is written before it is first asked."""
    return embedded_over(FileStore(file), clock=clock, webhook_secret=webhook_secret, checkout_base=checkout_base, seed=seed,
                         disorder=disorder)


def embedded_over(
    store: Store, *, clock: Callable[[], datetime], webhook_secret: str, checkout_base: str, seed: int = 0,
    disorder: bool = True, listening: bool = True,
) -> Processor:
    """The embedded Stripe over any store: in memory for tests and for building a city, where nobody listens to its post."""
    embedded = EmbeddedStripe(store, clock=clock, webhook_secret=webhook_secret, checkout_base=checkout_base, seed=seed,
                              disorder=disorder, timeout=ANSWER_SECONDS, listening=listening)
    payments = StripePayments(secret_key=EMBEDDED_KEY, webhook_secret=webhook_secret, http_client=embedded)
    return Processor(payments, embedded)
