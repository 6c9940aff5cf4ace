"""Setup intents: a card is kept for later charges, after its bank has agreed."""

from portal.billing.stripe.embedded.attempts import ask_bank, check_failed
from portal.billing.stripe.embedded.params import Params, choice, flag, metadata, word
from portal.billing.stripe.embedded.payment_intents import only_cards, unexpected
from portal.billing.stripe.embedded.payment_methods import card_of, decline, keep_for, usable
from portal.billing.stripe.embedded.refusals import card_error, refused
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.test_cards import AUTHENTICATE
from portal.billing.stripe.embedded.world import World

CREATED = frozenset({
    "allowed_payment_method_types", "automatic_payment_methods", "confirm", "customer", "description", "metadata",
    "payment_method", "return_url", "usage",
})
CONFIRMED = frozenset({"payment_method", "return_url"})
CANCELED = frozenset({"cancellation_reason"})
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")

BLANK: Obj = {
    "object": "setup_intent", "allowed_payment_method_types": None, "application": None, "cancellation_reason": None,
    "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
    "customer_account": None, "description": None, "excluded_payment_method_types": None, "flow_directions": None,
    "last_setup_error": None, "latest_attempt": None, "livemode": False, "mandate": None, "next_action": None,
    "on_behalf_of": None, "payment_method": None, "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"], "single_use_mandate": None, "status": "requires_payment_method",
}


def create(world: World, params: Params) -> Obj:
    customer, method_id = word(params, "customer"), word(params, "payment_method")
    if customer:
        world.get("customer", customer, "customer")
    method = usable(world, method_id, customer) if method_id else None
    intent = new_intent(world, {
        "customer": customer, "description": word(params, "description"), "metadata": metadata(params),
        "usage": choice(params, "usage", ("off_session", "on_session"), "off_session"), **only_cards(params),
    })
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    world.put(intent)
    world.emit("setup_intent.created", intent)
    return confirm(world, params, intent["id"]) if flag(params, "confirm") else intent


def new_intent(world: World, fields: Obj) -> Obj:
    """A setup intent of this moment; not kept yet."""
    intent_id = world.new_id("seti_")
    return {**BLANK, "id": intent_id, "client_secret": world.secret_of(intent_id), "created": world.now, **fields}


def confirm(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("setup_intent", intent_id, "intent")
    if intent["status"] not in OPEN:
        raise unexpected(intent, f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.")
    method_id = word(params, "payment_method") or intent["payment_method"]
    if not method_id:
        raise unexpected(intent, "You cannot confirm this SetupIntent because it's missing a payment method.")
    if back := word(params, "return_url"):
        world.note(f"return:{intent_id}", url=back)
    intent = keep(world, intent, usable(world, method_id, intent["customer"]))
    if intent["status"] == "requires_payment_method":
        raise card_error(intent["last_setup_error"], setup_intent=intent)
    return intent


def keep(world: World, intent: Obj, method: Obj, *, checked: bool = False) -> Obj:
    """Ask the bank whether the card may be kept, and give the intent as it then is."""
    why = card_of(method).keep
    if why == AUTHENTICATE and not checked:
        return ask_bank(world, intent, method)
    if why and why != AUTHENTICATE:
        return fail(world, intent, decline(method, why))
    if intent["customer"]:
        keep_for(world, method, intent["customer"])
    world.note(f"set_up:{method['id']}")
    intent = world.change(intent, status="succeeded", payment_method=method["id"], next_action=None, last_setup_error=None)
    world.emit("setup_intent.succeeded", intent)
    return intent


def fail(world: World, intent: Obj, error: Obj) -> Obj:
    """The intent waits for another card."""
    intent = world.change(intent, status="requires_payment_method", payment_method=None, next_action=None,
                          last_setup_error=error)
    world.emit("setup_intent.setup_failed", intent)
    return intent


def check_was(world: World, intent: Obj, passed: bool) -> Obj:
    """The cardholder has been at their bank."""
    method = world.get("payment_method", intent["payment_method"])
    return keep(world, intent, method, checked=True) if passed else fail(world, intent, check_failed(method, "setup_intent"))


def cancel(world: World, params: Params, intent_id: str) -> Obj:
    intent = world.get("setup_intent", intent_id, "intent")
    if intent["status"] not in OPEN:
        raise unexpected(intent, f"You cannot cancel this SetupIntent because it has a status of {intent['status']}. Only a "
                                 f"SetupIntent with one of the following statuses may be canceled: {', '.join(OPEN)}.")
    page = world.find((world.noted(f"session_of:{intent_id}") or {}).get("session"))
    if page and page["status"] == "open":
        raise refused("You cannot cancel this SetupIntent because it was created by a Checkout Session. Expire the Checkout "
                      "Session instead.")
    return end(world, intent, word(params, "cancellation_reason"))


def end(world: World, intent: Obj, reason: str | None) -> Obj:
    """Cancel an intent that is not over yet."""
    intent = world.change(intent, status="canceled", cancellation_reason=reason, next_action=None)
    world.emit("setup_intent.canceled", intent)
    return intent


def retrieve(world: World, params: Params, intent_id: str) -> Obj:
    return world.get("setup_intent", intent_id, "intent")
