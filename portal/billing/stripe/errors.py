"""What Stripe's refusals and silences are in the words of the port. No text of Stripe's goes further than its codes."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from portal.billing.payments.port import CardDeclined, NeedsConfirmation, PaymentsDown, PaymentsRefused, PaymentTrouble

AUTHENTICATE = "authentication_required"


@contextmanager
def asking() -> Iterator[None]:
    """Ask Stripe for something that no bank decides: a card error here is a refusal like others."""
    with asking_the_bank():
        try:
            yield
        except stripe.CardError as no:
            raise PaymentsRefused(_code(no), payment_id=_payment_id(no)) from None


@contextmanager
def asking_the_bank() -> Iterator[None]:
    """Ask for what a bank may decline. `from None`: Stripe's exceptions hold whole answers, which are nobody's to read."""
    try:
        yield
    except stripe.StripeError as error:
        raise _trouble(error) from None


def _trouble(error: stripe.StripeError) -> PaymentTrouble:
    match error:
        case stripe.CardError():
            return _declined(error)
        case stripe.InvalidRequestError():
            return PaymentsRefused(_code(error), payment_id=_payment_id(error))
        case stripe.IdempotencyError():
            return PaymentsRefused("idempotency_error")
        case stripe.APIConnectionError():
            return PaymentsDown("no_answer")
        case stripe.AuthenticationError() | stripe.PermissionError():
            return PaymentsDown(f"key_{_code(error)}")  # our key is at fault, not the request: a new key cures it
        case _:  # 5xx, 429, 409 (the same `once` is under way), and answers that make no sense
            return PaymentsDown(_code(error), payment_id=_payment_id(error))


def _declined(error: stripe.CardError) -> CardDeclined | NeedsConfirmation:
    code = getattr(error.error, "decline_code", None) or _code(error)
    kind = NeedsConfirmation if AUTHENTICATE in (code, error.code) else CardDeclined
    return kind(code, payment_id=_payment_id(error))


def _code(error: stripe.StripeError) -> str:
    """Stripe's word for it; where there is none, the HTTP status."""
    said = error.code or getattr(error.error, "code", None)
    return str(said or f"http_{error.http_status}")


def _payment_id(error: stripe.StripeError) -> str | None:
    intent = getattr(error.error, "payment_intent", None)
    return str(intent.id) if intent else None
