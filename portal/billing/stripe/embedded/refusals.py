"""How Stripe says no: each refusal is an HTTP status and the `error` object of its body."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"
STATES_THAT_CANCEL = "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing"


class StripeRefusal(Exception):
    """A request that is answered with an error. `kept`: the idempotency key replays it, because work had begun."""

    def __init__(self, status: int, kind: str, message: str, *, kept: bool = False, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.error: dict[str, Any] = {"message": message, "type": kind, **fields}
        if fields.get("code"):
            self.error["doc_url"] = DOCS + str(fields["code"]).replace("_", "-")


def wrong(message: str, param: str | None = None, code: str | None = None) -> StripeRefusal:
    """Parameters that Stripe does not take: nothing was begun, so the key stays free."""
    fields: dict[str, Any] = {name: value for name, value in (("param", param), ("code", code)) if value}
    return StripeRefusal(400, "invalid_request_error", message, **fields)


def refused(message: str, code: str | None = None, **fields: Any) -> StripeRefusal:
    """A request that is well said and yet cannot be done as things stand."""
    if code:
        fields["code"] = code
    return StripeRefusal(400, "invalid_request_error", message, kept=True, **fields)


def missing(kind: str, object_id: str, param: str) -> StripeRefusal:
    """404 for an address, 400 for a parameter that names what is not there."""
    words = f"No such {kind.replace('_', '')}: '{object_id}'"
    status = 404 if param in ("id", "intent", "session") else 400
    return StripeRefusal(status, "invalid_request_error", words, kept=True, code="resource_missing", param=param)


def card_error(status_fields: dict[str, Any], **fields: Any) -> StripeRefusal:
    """The bank said no: 402, with the whole last error of the intent."""
    message = str(status_fields["message"])
    rest = {name: value for name, value in status_fields.items() if name not in ("message", "type", "doc_url")}
    return StripeRefusal(402, "card_error", message, kept=True, **rest, **fields)
