"""Checkout sessions: a page of Stripe's on which a customer pays, or gives a card to keep."""

from typing import Any

from portal.billing.stripe.embedded import payment_intents, setup_intents
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, below, check_known, choice, metadata, needed, whole, word
from portal.billing.stripe.embedded.refusals import refused, wrong
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import DAY, World

CREATED = frozenset({
    "allowed_payment_method_types", "cancel_url", "client_reference_id", "currency", "customer", "customer_email",
    "expires_at", "line_items", "locale",
    "metadata", "mode", "payment_intent_data", "setup_intent_data", "submit_type", "success_url",
})
INTENT_SAID = frozenset({"capture_method", "description", "metadata", "receipt_email", "setup_future_usage",
                         "statement_descriptor_suffix"})
SETUP_SAID = frozenset({"description", "metadata"})
LISTED = PAGING | {"created", "customer", "payment_intent", "status"}
SHORTEST, LONGEST = 30 * 60, DAY

BLANK: Obj = {
    "object": "checkout.session", "adaptive_pricing": None, "after_expiration": None, "allow_promotion_codes": None,
    "amount_subtotal": None, "amount_total": None, "automatic_tax": {"enabled": False, "liability": None, "provider": None,
                                                                     "status": None},
    "billing_address_collection": None, "client_secret": None, "collected_information": None, "consent": None,
    "consent_collection": None, "currency_conversion": None, "custom_fields": [], "customer_account": None,
    "custom_text": {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
    "customer_creation": None, "customer_details": None, "discounts": [], "invoice": None, "invoice_creation": None,
    "livemode": False, "origin_context": None, "payment_intent": None, "payment_link": None,
    "payment_method_collection": "always", "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}}, "payment_method_types": ["card"],
    "permissions": None, "phone_number_collection": {"enabled": False}, "recovered_from": None,
    "saved_payment_method_options": None, "setup_intent": None, "shipping_address_collection": None, "shipping_cost": None,
    "shipping_options": [], "status": "open", "subscription": None, "total_details": None, "ui_mode": "hosted_page",
    "wallet_options": None,
}


def create(world: World, params: Params) -> Obj:
    mode = choice(params, "mode", ("payment", "setup"), "")
    customer_id, email = word(params, "customer"), word(params, "customer_email")
    if customer_id:
        email = world.get("customer", customer_id, "customer")["email"]
    session_id = world.new_id("cs_test_", 58)
    session = {
        **BLANK, "id": session_id, "created": world.now, "customer": customer_id, "expires_at": _ends_at(world, params),
        "client_reference_id": word(params, "client_reference_id"), "customer_email": None if customer_id else email,
        "customer_details": _details(email) if email else None, "locale": word(params, "locale"),
        "metadata": metadata(params), "mode": mode, "submit_type": word(params, "submit_type"),
        "cancel_url": word(params, "cancel_url"), "success_url": needed(params, "success_url"),
        "url": f"{world.checkout_base}/demo/checkout/{session_id}", **payment_intents.only_cards(params),
    }
    session |= _payment(world, params, session_id) if mode == "payment" else _setup(world, params, customer_id, session_id)
    world.put(session)
    world.later(session["expires_at"] - world.now, "session_expires", session_id)
    return session


def _ends_at(world: World, params: Params) -> int:
    ends_at = whole(params, "expires_at")
    if ends_at is None:
        return world.now + LONGEST
    if not SHORTEST <= ends_at - world.now <= LONGEST:
        raise wrong("The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session "
                    "creation.", "expires_at")
    return ends_at


def _details(email: str | None) -> Obj:
    return {"address": None, "email": email, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": None}


def _payment(world: World, params: Params, session_id: str) -> Obj:
    """What is to be paid; the payment intent is made when the customer pays."""
    items = params.get("line_items")
    if not isinstance(items, list) or not items:
        raise wrong("You must provide `line_items` in `payment` mode.", "line_items", "parameter_missing")
    prices = [below(item, "price_data") for item in items]
    if not all(prices):
        raise wrong("The embedded Stripe knows no prices of its own: pass `price_data`.", "line_items")
    names = [needed(below(price, "product_data"), "name") for price in prices]
    currency = payment_intents.currency_of(prices[0])
    counts = [whole(item, "quantity") or 1 for item in items]
    total = sum((whole(price, "unit_amount") or 0) * count for price, count in zip(prices, counts, strict=True))
    payment_intents.amount_of({"amount": str(total)}, "amount")
    said = below(params, "payment_intent_data")
    check_known(said, INTENT_SAID)
    method = choice(said, "capture_method", ("automatic_async", "automatic", "manual"), "automatic_async")
    intent: dict[str, Any] = {name: word(said, name) for name in ("description", "receipt_email", "setup_future_usage",
                                                                  "statement_descriptor_suffix")}
    intent |= {"metadata": metadata(said), "capture_method": method, "amount": total, "currency": currency}
    intent |= payment_intents.ways_to_pay(params)
    world.note(f"page_of:{session_id}", items=names, intent=intent)
    return {
        "amount_subtotal": total, "amount_total": total, "currency": currency, "customer_creation": "if_required",
        "payment_status": "unpaid", "payment_method_collection": "if_required",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }


def _setup(world: World, params: Params, customer_id: str | None, session_id: str) -> Obj:
    """A setup intent that waits for the card."""
    currency = word(params, "currency")
    if not currency and not params.get("allowed_payment_method_types"):
        raise wrong("You must provide one of `allowed_payment_method_types` or `currency` in `setup` mode.", "currency",
                    "parameter_missing")
    said = below(params, "setup_intent_data")
    check_known(said, SETUP_SAID)
    intent = world.put(setup_intents.new_intent(world, {
        "customer": customer_id, "usage": "off_session", "metadata": metadata(said), "description": word(said, "description"),
        **payment_intents.only_cards(params),
    }))
    world.note(f"session_of:{intent['id']}", session=session_id)
    world.emit("setup_intent.created", intent)
    return {"currency": currency, "payment_status": "no_payment_required", "setup_intent": intent["id"]}


def seen(world: World, session: Obj) -> Obj:
    """As it is shown: paid once its payment has been captured."""
    intent = world.find(session["payment_intent"])
    paid = intent is not None and intent["status"] == "succeeded" and session["status"] == "complete"
    return session | {"payment_status": "paid"} if paid else session


def completed(world: World, session: Obj, **fields: Any) -> Obj:
    """The customer has done what the page is for."""
    session = seen(world, world.change(session, status="complete", url=None, **fields))
    world.emit("checkout.session.completed", session)
    return session


def expire(world: World, params: Params, session_id: str) -> Obj:
    session = world.get("checkout.session", session_id, "session")
    if session["status"] != "open":
        raise refused('Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
                      f"{session['status']}.")
    return _closed(world, session)


def expires(world: World, session_id: str) -> None:
    session = world.get("checkout.session", session_id)
    if session["status"] == "open":
        _closed(world, session)


def _closed(world: World, session: Obj) -> Obj:
    session = world.change(session, status="expired", url=None)
    if payment := world.find(session["payment_intent"]):
        payment_intents.end(world, payment, "expired")
    if setup := world.find(session["setup_intent"]):
        setup_intents.end(world, setup, "abandoned")
    world.emit("checkout.session.expired", session)
    return session


def retrieve(world: World, params: Params, session_id: str) -> Obj:
    return seen(world, world.get("checkout.session", session_id, "session"))


def page(world: World, params: Params) -> Obj:
    customer, intent, status = (word(params, name) for name in ("customer", "payment_intent", "status"))

    def wanted(session: Obj) -> bool:
        return intent in (None, session["payment_intent"]) and status in (None, session["status"])

    by = ("customer", customer) if customer else None
    found = listed(world, "checkout.session", "/v1/checkout/sessions", params, by=by, wanted=wanted)
    return found | {"data": [seen(world, session) for session in found["data"]]}
