"""What happens when an intent meets a card: held, paid, declined, or the bank wants to see its customer."""

from typing import Any

from portal.billing.stripe.embedded import charges
from portal.billing.stripe.embedded.payment_methods import card_of, decline, keep_for
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.test_cards import AUTHENTICATE
from portal.billing.stripe.embedded.world import World

CHECK_FAILED = {
    "payment_intent": "payment_intent_authentication_failure",
    "setup_intent": "setup_intent_authentication_failure",
}
CHECK_FAILED_WORDS = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


def pay(world: World, intent: Obj, method: Obj, *, away: bool = False, checked: bool = False) -> Obj:
    """Try the card, and give the intent as it then is. `away`: its owner cannot be asked; `checked`: they have passed."""
    card = card_of(method)
    if checked:
        why = card.checked
    elif card.once_is_enough and world.noted(f"set_up:{method['id']}"):
        why = ""
    else:
        why = card.away if away else card.present
    if why == AUTHENTICATE and not away:
        return ask_bank(world, intent, method)
    if why:
        return _declined(world, intent, method, why)
    return _approved(world, intent, method, checked=checked)


def _approved(world: World, intent: Obj, method: Obj, *, checked: bool) -> Obj:
    if intent["setup_future_usage"] and intent["customer"]:
        method = keep_for(world, method, intent["customer"])
        world.note(f"set_up:{method['id']}")
    elif method["customer"] is None:
        world.note(f"gone:{method['id']}")  # without a customer a card pays once
    charge = charges.make(world, intent, method, checked=checked)
    done = {"latest_charge": charge["id"], "payment_method": method["id"], "next_action": None, "last_payment_error": None}
    amount = intent["amount"]
    if intent["capture_method"] == "manual":
        world.emit("charge.succeeded", world.put(charge))
        intent = world.change(intent, **done, status="requires_capture", amount_capturable=amount)
        world.later(charges.HOLD_LASTS, "hold_ends", intent["id"])
        world.emit("payment_intent.amount_capturable_updated", intent)
        return intent
    charge = charges.take(world, charge, amount)
    if intent["capture_method"] == "automatic":
        charge = charges.settle(world, charge)
    else:
        world.later(charges.SETTLES_AFTER_SECONDS, "charge_settles", charge["id"])
    world.emit("charge.succeeded", world.put(charge))
    intent = world.change(intent, **done, status="succeeded", amount_received=amount)
    world.emit("payment_intent.succeeded", intent)
    return intent


def _declined(world: World, intent: Obj, method: Obj, why: str) -> Obj:
    charge = world.put(charges.make(world, intent, method, error=decline(method, why)))
    world.emit("charge.failed", charge)
    error = decline(method, why, charge=charge["id"])
    return fail(world, intent, error, latest_charge=charge["id"])


def fail(world: World, intent: Obj, error: Obj, **fields: Any) -> Obj:
    """The intent waits for another card."""
    intent = world.change(intent, status="requires_payment_method", payment_method=None, next_action=None,
                          last_payment_error=error, **fields)
    world.emit("payment_intent.payment_failed", intent)
    return intent


def ask_bank(world: World, intent: Obj, method: Obj) -> Obj:
    """The intent, of payment or set-up, waits until the cardholder has been at their bank."""
    kind = intent["object"]
    back = world.noted(f"return:{intent['id']}")
    action: Obj = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    if back:
        address = f"{world.checkout_base}/demo/bank/{intent['id']}"
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": back["url"], "url": address}}
    intent = world.change(intent, status="requires_action", payment_method=method["id"], next_action=action)
    world.emit(f"{kind}.requires_action", intent)
    return intent


def check_failed(method: Obj, kind: str) -> Obj:
    """The last error of an intent whose cardholder did not pass their bank's check."""
    code = CHECK_FAILED[kind]
    url = f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"
    kind_of_error = "invalid_request_error"
    return {"code": code, "doc_url": url, "message": CHECK_FAILED_WORDS, "payment_method": method, "type": kind_of_error}
