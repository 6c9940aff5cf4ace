"""Charges: one try on a card, with what the bank said and what has become of the money."""

from portal.billing.stripe.embedded.balance import CLEARS_AFTER, book, processing_fee
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, word
from portal.billing.stripe.embedded.payment_methods import CHECKS
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.test_cards import BY_FINGERPRINT, PretendCard
from portal.billing.stripe.embedded.world import DAY, World

LISTED = PAGING | {"created", "payment_intent", "customer"}
HOLD_LASTS = 7 * DAY
SETTLES_AFTER_SECONDS = 2  # with capture_method automatic_async the balance transaction comes a little later

BLANK: Obj = {
    "object": "charge", "amount_captured": 0, "amount_refunded": 0, "application": None, "application_fee": None,
    "application_fee_amount": None, "balance_transaction": None, "calculated_statement_descriptor": "ROUNDTRIP",
    "captured": False, "disputed": False, "failure_balance_transaction": None, "failure_code": None, "failure_message": None,
    "fraud_details": {}, "livemode": False, "on_behalf_of": None, "paid": True, "radar_options": {}, "receipt_number": None,
    "refunded": False, "review": None, "shipping": None, "source": None, "source_transfer": None,
    "statement_descriptor": None, "status": "succeeded", "transfer_data": None, "transfer_group": None,
}
COPIED = ("amount", "currency", "customer", "description", "metadata", "receipt_email", "statement_descriptor_suffix")
APPROVED: Obj = {
    "advice_code": None, "network_advice_code": None, "network_decline_code": None, "network_status": "approved_by_network",
    "reason": None, "risk_level": "normal", "risk_score": 20, "seller_message": "Payment complete.", "type": "authorized",
}
DECLINED = APPROVED | {
    "network_decline_code": "05", "network_status": "declined_by_network",
    "seller_message": "The bank did not return any further details with this decline.", "type": "issuer_declined",
}
PASSED_CHECK: Obj = {
    "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": None,
    "result": "authenticated", "result_reason": None, "transaction_id": None, "version": "2.2.0",
}


def make(world: World, intent: Obj, method: Obj, *, error: Obj | None = None, checked: bool = False) -> Obj:
    """The charge of one try, held or declined; not kept yet."""
    charge_id = world.new_id("ch_")
    holds = intent["capture_method"] == "manual" and error is None
    charge = {
        **BLANK, **{name: intent[name] for name in COPIED}, "id": charge_id, "created": world.now,
        "billing_details": method["billing_details"], "outcome": APPROVED, "payment_intent": intent["id"],
        "payment_method": method["id"], "receipt_url": f"https://pay.stripe.com/receipts/{charge_id}",
        "payment_method_details": {"card": _card_seen(world, intent, method, holds=holds, checked=checked), "type": "card"},
    }
    if error is None:
        return charge
    why = error.get("decline_code", error["code"])
    return charge | {
        "failure_code": error["code"], "failure_message": error["message"], "outcome": DECLINED | {"reason": why},
        "paid": False, "receipt_url": None, "status": "failed",
    }


def _card_seen(world: World, intent: Obj, method: Obj, *, holds: bool, checked: bool) -> Obj:
    card, amount = method["card"], intent["amount"]
    return {
        "amount_authorized": amount, "authorization_code": f"{int(world.dice(intent['id'])[0] * 1_000_000):06}",
        "brand": card["brand"], "checks": CHECKS, "country": card["country"], "exp_month": card["exp_month"],
        "exp_year": card["exp_year"], "extended_authorization": {"status": "disabled"}, "fingerprint": card["fingerprint"],
        "funding": card["funding"], "incremental_authorization": {"status": "unavailable"}, "installments": None,
        "last4": card["last4"], "mandate": None, "multicapture": {"status": "unavailable"}, "network": card["brand"],
        "network_token": {"used": False}, "network_transaction_id": None, "wallet": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"}, "regulated_status": "unregulated",
        "three_d_secure": PASSED_CHECK if checked else None,
    } | ({"capture_before": world.now + HOLD_LASTS} if holds else {})


def card_of(charge: Obj) -> PretendCard:
    return BY_FINGERPRINT[charge["payment_method_details"]["card"]["fingerprint"]]


def take(world: World, charge: Obj, amount: int) -> Obj:
    """The charge with so much of it captured, the rest let go, which is no refund. Not kept yet."""
    return charge | {"captured": True, "amount_captured": amount}


def settle(world: World, charge: Obj) -> Obj:
    """The charge with its money in the books; not kept yet. A card that is disputed later begins to be so now."""
    later = card_of(charge).later
    amount = charge["amount_captured"]
    transaction = book(world, "charge", charge, amount, fee=processing_fee(amount), about=charge["description"],
                       clears_after=0 if later == "available" else CLEARS_AFTER)
    if later.startswith(("dispute:", "inquiry:")):
        world.later(world.dispute_after, "dispute_opens", charge["id"])
    return charge | {"balance_transaction": transaction["id"]}


def settle_late(world: World, charge_id: str) -> None:
    before = world.get("charge", charge_id)
    charge = world.put(settle(world, before))
    world.emit("charge.updated", charge, before)


def retrieve(world: World, params: Params, charge_id: str) -> Obj:
    return world.get("charge", charge_id)


def page(world: World, params: Params) -> Obj:
    intent, customer = word(params, "payment_intent"), word(params, "customer")
    by = ("about", intent) if intent else ("customer", customer) if customer else None
    return listed(world, "charge", "/v1/charges", params, by=by)
