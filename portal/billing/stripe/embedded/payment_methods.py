"""Cards as Stripe keeps them: made from test tokens, attached to customers, detached for good."""

from typing import Any

from portal.billing.stripe.embedded.customers import retrieve as customer_of
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, choice, needed, word
from portal.billing.stripe.embedded.refusals import StripeRefusal, card_error, missing, refused
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.test_cards import (
    AUTHENTICATE,
    BY_FINGERPRINT,
    DECLINES,
    TEST_CARDS,
    WITHOUT_DECLINE_CODE,
    PretendCard,
)
from portal.billing.stripe.embedded.world import World

URL = "/v1/payment_methods"
ATTACHED = frozenset({"customer"})
LISTED = PAGING | {"customer", "type"}

NOBODY: Obj = {
    "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None},
    "email": None, "name": None, "phone": None, "tax_id": None,
}
CHECKS: Obj = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
GONE = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected "
    "account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod "
    "multiple times, you must attach it to a Customer first."
)


def make(world: World, token: str) -> Obj:
    """A new payment method from a test token, attached to nobody."""
    card = TEST_CARDS[token]
    return world.put({
        "id": world.new_id("pm_"), "object": "payment_method", "allow_redisplay": "unspecified", "billing_details": NOBODY,
        "created": world.now, "customer": None, "customer_account": None, "livemode": False, "metadata": {}, "type": "card",
        "card": {
            "brand": card.brand, "checks": CHECKS, "country": "US", "display_brand": card.brand, "exp_month": 12,
            "exp_year": 2034, "fingerprint": card.fingerprint, "funding": card.funding, "generated_from": None,
            "last4": card.last_four, "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated", "three_d_secure_usage": {"supported": True}, "wallet": None,
        },
    })


def card_of(method: Obj) -> PretendCard:
    """How this card behaves: Stripe's numbers are told apart by their fingerprints."""
    return BY_FINGERPRINT[method["card"]["fingerprint"]]


def find(world: World, method_id: str, param: str = "id") -> Obj:
    """The payment method of this id, or a new one from the test token of this name."""
    return make(world, method_id) if method_id in TEST_CARDS else world.get("payment_method", method_id, param)


def usable(world: World, method_id: str, customer: str | None) -> Obj:
    """The payment method, if this customer's intents may use it."""
    method = find(world, method_id, "payment_method")
    if world.noted(f"gone:{method_id}"):
        raise refused(GONE, "payment_method_unexpected_state", param="payment_method")
    if method["customer"] not in (None, customer):
        if customer is None:
            raise refused("The provided PaymentMethod cannot be used without its Customer: pass `customer` too.",
                          param="payment_method")
        raise missing_for(method_id)
    return method


def missing_for(method_id: str) -> StripeRefusal:
    return refused(
        f"The customer does not have a payment method with the ID {method_id}. The payment method must be attached to the "
        "customer.", "resource_missing", param="payment_method",
    )


def decline(method: Obj, why: str, **fields: Any) -> Obj:
    """The last error of an intent whose card was declined for this reason."""
    code, message = DECLINES[why]
    said = {} if why in WITHOUT_DECLINE_CODE else {"decline_code": why}
    url = f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"
    return {"code": code, **said, "doc_url": url, "message": message, "payment_method": method, "type": "card_error", **fields}


def keep_for(world: World, method: Obj, customer: str) -> Obj:
    """Attach the payment method to the customer, which the bank has agreed to."""
    if method["customer"] == customer:
        return method
    method = world.change(method, customer=customer)
    world.emit("payment_method.attached", method)
    return method


def retrieve(world: World, params: Params, method_id: str) -> Obj:
    return find(world, method_id)


def attach(world: World, params: Params, method_id: str) -> Obj:
    customer = needed(params, "customer")
    world.get("customer", customer, "customer")
    method = find(world, method_id)
    if world.noted(f"gone:{method_id}"):
        raise refused(GONE, "payment_method_unexpected_state")
    if method["customer"] not in (None, customer):
        raise refused("The payment method you provided has already been attached to a customer.")
    why = card_of(method).keep
    if why and why != AUTHENTICATE:
        raise card_error(decline(method, why))
    return keep_for(world, method, customer)


def detach(world: World, params: Params, method_id: str) -> Obj:
    before = world.get("payment_method", method_id)
    if before["customer"] is None:
        raise refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    world.note(f"gone:{method_id}")
    method = world.change(before, customer=None)
    world.emit("payment_method.detached", method)
    return method


def page(world: World, params: Params) -> Obj:
    choice(params, "type", ("card",), "card")
    customer = word(params, "customer")
    if customer is None:
        return listed(world, "payment_method", URL, params, wanted=lambda method: method["customer"] is not None)
    world.get("customer", customer, "customer")
    return listed(world, "payment_method", URL, params, by=("customer", customer))


def of_customer(world: World, params: Params, customer_id: str) -> Obj:
    customer_of(world, {}, customer_id)
    return listed(world, "payment_method", f"/v1/customers/{customer_id}/payment_methods", params, by=("customer", customer_id))


def of_customer_one(world: World, params: Params, customer_id: str, method_id: str) -> Obj:
    method = world.get("payment_method", method_id)
    if method["customer"] != customer_id:
        raise missing("payment_method", method_id, "id")
    return method
