"""Payment intents: from creating over holding to capturing, cancelling or running out."""

from typing import Any

from portal.billing.stripe.embedded import charges
from portal.billing.stripe.embedded.attempts import pay
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, below, choice, flag, metadata, needed, whole, word
from portal.billing.stripe.embedded.payment_methods import find, usable
from portal.billing.stripe.embedded.refusals import STATES_THAT_CANCEL, StripeRefusal, card_error, refused, wrong
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

CREATED = frozenset({
    "allowed_payment_method_types", "amount", "automatic_payment_methods", "capture_method", "confirm", "currency", "customer",
    "description", "error_on_requires_action", "metadata", "off_session", "payment_method", "receipt_email", "return_url",
    "setup_future_usage", "statement_descriptor_suffix",
})
CONFIRMED = frozenset({"error_on_requires_action", "off_session", "payment_method", "return_url", "setup_future_usage"})
ONLY_CONFIRMED = frozenset({"error_on_requires_action", "off_session", "return_url"})
UPDATED = frozenset({"description", "metadata", "receipt_email"})
CAPTURED = frozenset({"amount_to_capture", "metadata"})
CANCELED = frozenset({"cancellation_reason"})
LISTED = PAGING | {"created", "customer"}

SMALLEST, LARGEST = 50, 99_999_999  # cents
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")

BLANK: Obj = {
    "object": "payment_intent", "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0,
    "application": None, "application_fee_amount": None, "canceled_at": None, "cancellation_reason": None,
    "confirmation_method": "automatic", "customer_account": None, "excluded_payment_method_types": None,
    "last_payment_error": None, "latest_charge": None, "livemode": False, "next_action": None, "on_behalf_of": None,
    "payment_method": None, "payment_method_configuration_details": None, "processing": None, "review": None,
    "payment_method_options": {"card": {"installments": None, "mandate_options": None, "network": None,
                                        "request_three_d_secure": "automatic"}},
    "shipping": None, "source": None, "statement_descriptor": None, "status": "requires_payment_method",
    "transfer_data": None, "transfer_group": None,
}


def create(world: World, params: Params) -> Obj:
    customer = word(params, "customer")
    if customer:
        world.get("customer", customer, "customer")
    intent = new_intent(world, {
        "amount": amount_of(params, "amount"), "currency": currency_of(params), "customer": customer,
        "capture_method": choice(params, "capture_method", ("automatic_async", "automatic", "manual"), "automatic_async"),
        "description": word(params, "description"), "metadata": metadata(params),
        "receipt_email": word(params, "receipt_email"),
        "setup_future_usage": word(params, "setup_future_usage"),
        "statement_descriptor_suffix": word(params, "statement_descriptor_suffix"), **ways_to_pay(params),
    })
    method_id = word(params, "payment_method")
    method = usable(world, method_id, customer) if method_id else None
    confirmed, away = flag(params, "confirm"), _is_away(params)
    if confirmed:
        _check_return_url(intent, params)
    elif alone := ONLY_CONFIRMED.intersection(params):
        raise wrong(f"The parameter {min(alone)} can only be passed when confirm=true.", min(alone))
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    world.put(intent)
    world.emit("payment_intent.created", intent)
    return _confirmed(world, intent, params, away) if confirmed else intent


def new_intent(world: World, fields: Obj) -> Obj:
    """An intent of this moment; not kept yet."""
    intent_id = world.new_id("pi_")
    return {**BLANK, "id": intent_id, "client_secret": world.secret_of(intent_id), "created": world.now, **fields}


def ways_to_pay(params: Params) -> Obj:
    """Named ways, or those of the dashboard, some of which lead away from the page."""
    redirects = choice(below(params, "automatic_payment_methods"), "allow_redirects", ("always", "never"), "always")
    return {"automatic_payment_methods": {"allow_redirects": redirects, "enabled": True}} | only_cards(params)


def only_cards(params: Params) -> Obj:
    """The ways that are allowed, and those that are left: ours are cards."""
    allowed = params.get("allowed_payment_method_types") or None
    if allowed not in (None, ["card"]):
        raise wrong("The embedded Stripe takes cards only.", "allowed_payment_method_types")
    return {"allowed_payment_method_types": allowed, "payment_method_types": ["card"]}


def amount_of(params: Params, name: str) -> int:
    amount = whole(params, name)
    if amount is None:
        raise wrong(f"Missing required param: {name}.", name, "parameter_missing")
    if amount < 1:
        raise wrong("This value must be greater than or equal to 1.", name, "parameter_invalid_integer")
    if amount > LARGEST:
        raise wrong("Amount must be no more than $999,999.99", name, "amount_too_large")
    if amount < SMALLEST:
        raise wrong("Amount must be at least $0.50 usd", name, "amount_too_small")
    return amount


def currency_of(params: Params) -> str:
    currency = needed(params, "currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise wrong(f"Invalid currency: {currency}.", "currency")
    return currency


def confirm(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("payment_intent", intent_id, "intent")
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        already = "it has already succeeded after being previously confirmed" if intent["status"] == "succeeded" else (
            f"it has a status of {intent['status']}")
        raise unexpected(intent, f"You cannot confirm this PaymentIntent because {already}.")
    method_id = word(params, "payment_method")
    if not method_id and not intent["payment_method"]:
        raise unexpected(intent, "You cannot confirm this PaymentIntent because it's missing a payment method.")
    if method_id:
        method = usable(world, method_id, intent["customer"])
        intent = intent | {"payment_method": method["id"]}
    if usage := word(params, "setup_future_usage"):
        intent = intent | {"setup_future_usage": usage}
    _check_return_url(intent, params)
    return _confirmed(world, intent, params, _is_away(params))


def _is_away(params: Params) -> bool:
    """Whether nobody is there to be asked, or nobody wants them asked."""
    said = params.get("off_session") in ("one_off", "recurring") or flag(params, "off_session")
    return flag(params, "error_on_requires_action") or said


def _check_return_url(intent: Obj, params: Params) -> None:
    """What may lead the customer away must know the way back; cards alone do not."""
    redirects = intent["automatic_payment_methods"]["allow_redirects"] != "never"
    if redirects and not intent["allowed_payment_method_types"] and not word(params, "return_url"):
        raise wrong("This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
                    "these payment methods might redirect your customer off of your page, you must provide a `return_url`.",
                    "return_url")


def _confirmed(world: World, intent: Obj, params: Params, away: bool) -> Obj:
    """Try the card; raises Stripe's card error when it is declined, after the intent was kept."""
    if intent["payment_method"] is None:
        raise unexpected(intent, "You cannot confirm this PaymentIntent because it's missing a payment method.")
    if back := word(params, "return_url"):
        world.note(f"return:{intent['id']}", url=back)
    intent = pay(world, intent, find(world, intent["payment_method"]), away=away)
    if intent["status"] == "requires_payment_method":
        raise card_error(intent["last_payment_error"], payment_intent=intent)
    return intent


def unexpected(intent: Obj, words: str) -> StripeRefusal:
    return refused(words, f"{intent['object']}_unexpected_state", **{intent["object"]: intent})


def capture(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("payment_intent", intent_id, "intent")
    if intent["status"] != "requires_capture":
        raise unexpected(intent, f"This PaymentIntent could not be captured because it has a status of {intent['status']}. "
                                 "Only a PaymentIntent with one of the following statuses may be captured: requires_capture.")
    amount = whole(params, "amount_to_capture")
    amount = intent["amount_capturable"] if amount is None else amount
    if amount < 1:
        raise wrong("This value must be greater than or equal to 1.", "amount_to_capture", "parameter_invalid_integer")
    if amount > intent["amount_capturable"]:
        raise refused("The amount_to_capture is greater than the amount you can capture.", "amount_too_large",
                      param="amount_to_capture")
    before = world.get("charge", intent["latest_charge"])
    charge = world.put(charges.settle(world, charges.take(world, before, amount)))
    world.emit("charge.captured", charge, before)
    intent = world.change(intent, status="succeeded", amount_capturable=0, amount_received=amount,
                          metadata=metadata(params, intent["metadata"]))
    world.emit("payment_intent.succeeded", intent)
    return intent


def cancel(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("payment_intent", intent_id, "intent")
    status = intent["status"]
    if status in ("succeeded", "canceled"):
        raise unexpected(intent, f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a "
                                 f"PaymentIntent with one of the following statuses may be canceled: {STATES_THAT_CANCEL}.")
    page = world.find((world.noted(f"session_of:{intent_id}") or {}).get("session"))
    if page and page["status"] == "open" and status != "requires_capture":
        raise refused("You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire the Checkout "
                      "Session instead.")
    return end(world, intent, choice(params, "cancellation_reason", REASONS, "") if params.get("cancellation_reason") else None)


def end(world: World, intent: Obj, reason: str | None) -> Obj:
    """Cancel an intent that is not over yet, and let go of what it holds."""
    intent = world.change(intent, status="canceled", canceled_at=world.now, cancellation_reason=reason, amount_capturable=0,
                          next_action=None)
    world.emit("payment_intent.canceled", intent)
    return intent


def hold_ends(world: World, intent_id: str) -> None:
    intent = world.get("payment_intent", intent_id)
    if intent["status"] == "requires_capture":
        world.emit("charge.expired", world.get("charge", intent["latest_charge"]))
        end(world, intent, "expired")


def retrieve(world: World, params: Params, intent_id: str) -> Obj:
    return world.get("payment_intent", intent_id, "intent")


def update(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("payment_intent", intent_id, "intent")
    texts: dict[str, Any] = {name: word(params, name) for name in ("description", "receipt_email") if name in params}
    return world.change(intent, **texts, metadata=metadata(params, intent["metadata"]))


def page(world: World, params: Params) -> Obj:
    customer = word(params, "customer")
    return listed(world, "payment_intent", "/v1/payment_intents", params, by=("customer", customer) if customer else None)
