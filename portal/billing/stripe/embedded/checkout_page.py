"""The look-alike of Stripe's hosted page: what it shows, and what becomes of a card that is given there."""

from dataclasses import dataclass

from portal.billing.stripe.embedded import payment_intents, setup_intents
from portal.billing.stripe.embedded.attempts import check_failed, fail, pay
from portal.billing.stripe.embedded.checkout_sessions import completed
from portal.billing.stripe.embedded.payment_methods import make
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.test_cards import TEST_CARDS
from portal.billing.stripe.embedded.world import World


@dataclass(frozen=True, slots=True)
class Done:
    """The page is through: send the customer to `address`."""

    address: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Another card may be tried. `code` is the bank's reason, `words` is Stripe's for people."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class AsksBank:
    """The bank wants to see its customer: complete the page again, with what the bank says."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The page is closed, or there has never been one."""


Result = Done | Declined | AsksBank | Expired


def shown(world: World, session_id: str) -> Obj | None:
    """What the page says; amounts in cents, times as Unix seconds."""
    session = world.find(session_id)
    if session is None or session["object"] != "checkout.session":
        return None
    note = world.noted(f"page_of:{session_id}") or {"items": [], "intent": {}}
    intent = world.find(session["payment_intent"] or session["setup_intent"]) or {"status": None}
    return {name: session[name] for name in ("id", "mode", "status", "currency", "cancel_url", "expires_at", "customer")} | {
        "amount": session["amount_total"],
        "items": note["items"],
        "holds": note["intent"].get("capture_method") == "manual",
        "keeps_card": session["mode"] == "setup" or note["intent"].get("setup_future_usage") == "off_session",
        "email": (session["customer_details"] or {}).get("email"),
        "asks_bank": session["status"] == "open" and intent["status"] == "requires_action",
        "success_url": _back(session),
    }


def _back(session: Obj) -> str:
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session["id"])


def complete(world: World, session_id: str, token: str, bank_says_yes: bool | None) -> Result:
    """The customer gives the card of this token, or comes back from their bank."""
    session = world.find(session_id)
    if session is None or session["object"] != "checkout.session" or session["status"] == "expired":
        return Expired()
    if session["status"] == "complete":
        return Done(_back(session))
    intent = _intent(world, session)
    if bank_says_yes is None or intent["status"] != "requires_action":
        if token not in TEST_CARDS:
            return Declined("incorrect_number", "Your card number is incorrect.")
        method = make(world, token)
        intent = (pay if session["mode"] == "payment" else setup_intents.keep)(world, intent, method)
    if intent["status"] == "requires_action":
        if bank_says_yes is None:
            return AsksBank()
        intent = bank_answers(world, intent, bank_says_yes)
    if intent["status"] == "requires_payment_method":
        error = intent["last_payment_error" if session["mode"] == "payment" else "last_setup_error"]
        return Declined(error.get("decline_code", error["code"]), error["message"])
    completed(world, world.get("checkout.session", session_id))
    return Done(_back(session))


def _intent(world: World, session: Obj) -> Obj:
    """The intent behind the page; that of a payment is made at the first try."""
    if session["mode"] == "setup":
        return world.get("setup_intent", session["setup_intent"])
    if session["payment_intent"]:
        return world.get("payment_intent", session["payment_intent"])
    note = world.noted(f"page_of:{session['id']}")
    assert note is not None
    intent = world.put(payment_intents.new_intent(world, note["intent"] | {"customer": session["customer"]}))
    world.note(f"session_of:{intent['id']}", session=session["id"])
    world.change(session, payment_intent=intent["id"])
    world.emit("payment_intent.created", intent)
    return intent


def bank_answers(world: World, intent: Obj, passed: bool) -> Obj:
    """The cardholder of a waiting intent has been at their bank; gives the intent as it then is."""
    if intent["object"] == "setup_intent":
        return setup_intents.check_was(world, intent, passed)
    method = world.get("payment_method", intent["payment_method"])
    return pay(world, intent, method, checked=True) if passed else fail(world, intent, check_failed(method, "payment_intent"))
