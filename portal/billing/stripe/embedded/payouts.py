"""Payouts: what has come in since the last one goes to the account's own bank, once a day."""

from portal.billing.stripe.embedded.balance import book
from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

LISTED = PAGING | {"created"}

BLANK: Obj = {
    "object": "payout", "application_fee": None, "application_fee_amount": None, "automatic": True,
    "description": "STRIPE PAYOUT", "destination": None, "failure_balance_transaction": None, "failure_code": None,
    "failure_message": None, "livemode": False, "metadata": {}, "method": "standard", "original_payout": None,
    "payout_method": None, "reconciliation_status": "completed", "reversed_by": None, "source_type": "card",
    "statement_descriptor": None, "status": "paid", "trace_id": None, "type": "bank_account",
}


def pay_out(world: World, _about: str) -> None:
    """Pay out the net of all movements before this moment; what does not suffice waits for the next day."""
    since = (world.noted("paid_out") or {"until": 0})["until"]
    lines = [line for line in world.store.scan("balance_transaction", start=(since, 0), end=(world.now, 0))
             if line["type"] != "payout"]
    amount = sum(line["net"] for line in lines)
    if amount <= 0:
        return
    payout = {
        **BLANK, "id": world.new_id("po_"), "amount": amount, "arrival_date": world.now, "created": world.now,
        "currency": lines[0]["currency"],
    }
    payout["balance_transaction"] = book(world, "payout", payout, -amount, about="STRIPE PAYOUT", clears_after=0)["id"]
    world.note("paid_out", until=world.now)
    world.emit("payout.created", world.put(payout))
    world.emit("payout.paid", payout)


def retrieve(world: World, params: Params, payout_id: str) -> Obj:
    return world.get("payout", payout_id)


def page(world: World, params: Params) -> Obj:
    return listed(world, "payout", "/v1/payouts", params)
