"""Refunds: money that goes back to a card, most of it for good."""

from portal.billing.stripe.embedded import charges
from portal.billing.stripe.embedded.balance import book
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, metadata, whole, word
from portal.billing.stripe.embedded.refusals import refused, wrong
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

CREATED = frozenset({"amount", "charge", "metadata", "payment_intent", "reason"})
LISTED = PAGING | {"charge", "created", "payment_intent"}
FAILS_AFTER_SECONDS = ARRIVES_AFTER_SECONDS = 120

BLANK: Obj = {
    "object": "refund", "balance_transaction": None, "receipt_number": None, "source_transfer_reversal": None,
    "status": "succeeded", "transfer_reversal": None,
}


def create(world: World, params: Params) -> Obj:
    before = _charge_to_refund(world, params)
    left = before["amount_captured"] - before["amount_refunded"]
    amount = whole(params, "amount")
    if left == 0:
        raise refused(f"Charge {before['id']} has already been refunded.", "charge_already_refunded")
    amount = left if amount is None else amount
    if amount < 1:
        raise wrong("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        raise refused(f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})",
                      param="amount")
    later = charges.card_of(before).later
    refund = _refund(world, before, amount) | {
        "metadata": metadata(params), "reason": word(params, "reason"),
        "status": "pending" if later == "refund_pends" else "succeeded",
    }
    refund["balance_transaction"] = book(world, "refund", refund, -amount, about="REFUND FOR CHARGE")["id"]
    charge = world.change(before, amount_refunded=before["amount_refunded"] + amount, refunded=amount == left)
    world.emit("charge.refunded", charge, before)
    world.emit("refund.created", world.put(refund))
    if later == "refund_fails":
        world.later(FAILS_AFTER_SECONDS, "refund_fails", refund["id"])
    elif later == "refund_pends":
        world.later(ARRIVES_AFTER_SECONDS, "refund_arrives", refund["id"])
    return refund


def _refund(world: World, charge: Obj, amount: int) -> Obj:
    reference = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {
        **BLANK, "id": world.new_id("re_"), "amount": amount, "charge": charge["id"], "created": world.now,
        "currency": charge["currency"], "destination_details": {"card": reference, "type": "card"}, "metadata": {},
        "payment_intent": charge["payment_intent"], "reason": None,
    }


def _charge_to_refund(world: World, params: Params) -> Obj:
    """The charge that `charge` or `payment_intent` means, if its money is ours to give back."""
    charge_id, intent_id = word(params, "charge"), word(params, "payment_intent")
    if intent_id:
        intent = world.get("payment_intent", intent_id, "payment_intent")
        if intent["status"] != "succeeded":
            raise refused(f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                          "payment_intent_unexpected_state", payment_intent=intent)
        charge_id = intent["latest_charge"]
    if not charge_id:
        raise wrong("One of the following params should be provided for this request: payment_intent or charge.")
    charge = world.get("charge", charge_id, "charge")
    if not charge["captured"]:
        raise refused(f"Charge {charge_id} is not captured.", "charge_not_refundable")
    if charge["disputed"] and not (world.noted(f"refundable:{charge_id}") or {}).get("still"):
        raise refused(f"Charge {charge_id} has been charged back; cannot issue a refund.", "charge_disputed")
    return charge


def fails(world: World, refund_id: str) -> None:
    """The card's bank sends the money back: it is ours again."""
    before = world.get("refund", refund_id)
    back = book(world, "refund_failure", before, before["amount"], about="REFUND FAILURE")
    refund = world.change(before, status="failed", failure_reason="expired_or_canceled_card",
                          failure_balance_transaction=back["id"])
    charge = world.get("charge", refund["charge"])
    world.change(charge, amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
    for event in ("refund.updated", "charge.refund.updated", "refund.failed"):
        world.emit(event, refund, before)


def arrives(world: World, refund_id: str) -> None:
    before = world.get("refund", refund_id)
    refund = world.change(before, status="succeeded")
    for event in ("refund.updated", "charge.refund.updated"):
        world.emit(event, refund, before)


def retrieve(world: World, params: Params, refund_id: str) -> Obj:
    return world.get("refund", refund_id)


def page(world: World, params: Params) -> Obj:
    charge_id, intent_id = word(params, "charge"), word(params, "payment_intent")
    if charge_id:
        intent_id = world.get("charge", charge_id, "charge")["payment_intent"]
    by = ("about", intent_id) if intent_id else None
    wanted = (lambda refund: refund["charge"] == charge_id) if charge_id else None
    return listed(world, "refund", "/v1/refunds", params, by=by, wanted=wanted)
