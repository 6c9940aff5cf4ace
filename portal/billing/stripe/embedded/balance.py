"""The account's own books: what every movement of money was, what it cost, and the daily payout."""

from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, word
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import DAY, World

LISTED = PAGING | {"created", "source", "type"}
CLEARS_AFTER = 2 * DAY
PER_MILLE, FIXED_CENTS = 29, 30  # Stripe's standard price for cards in the United States: 2.9 % and 30 cents


def processing_fee(amount: int) -> int:
    """In cents, half a cent up."""
    return (amount * PER_MILLE + 500) // 1000 + FIXED_CENTS


def book(world: World, kind: str, source: Obj, amount: int, *, fee: int = 0, category: str = "", about: str | None = None,
         clears_after: int = CLEARS_AFTER) -> Obj:
    """Write a balance transaction: `amount` in cents is signed from the account's side, `fee` what Stripe keeps of it."""
    named = "Stripe processing fees" if kind == "charge" else "Dispute fee"
    details = [{"amount": fee, "application": None, "currency": source["currency"], "description": named, "type": "stripe_fee"}]
    if kind != "payout":
        _expect_payout(world)
    return world.put({
        "id": world.new_id("txn_"), "object": "balance_transaction", "amount": amount, "available_on": world.now + clears_after,
        "balance_type": "payments", "created": world.now, "currency": source["currency"], "description": about,
        "exchange_rate": None, "fee": fee, "fee_details": details if fee else [], "net": amount - fee,
        "reporting_category": category or kind, "source": source["id"], "status": "pending", "type": kind,
    })


def _expect_payout(world: World) -> None:
    """Have the account paid out at the end of the day on which money moved."""
    midnight = world.now // DAY * DAY + DAY
    if world.pays_out and (world.noted("next_payout") or {}).get("at") != midnight:
        world.note("next_payout", at=midnight)
        world.later(midnight - world.now, "payout", "")


def seen(world: World, transaction: Obj) -> Obj:
    """As it is shown: available once the money is."""
    return transaction | {"status": "available"} if transaction["available_on"] <= world.now else transaction


def retrieve(world: World, params: Params, transaction_id: str) -> Obj:
    return seen(world, world.get("balance_transaction", transaction_id))


def page(world: World, params: Params) -> Obj:
    kind, source = word(params, "type"), word(params, "source")
    by = ("about", source) if source else None
    wanted = (lambda transaction: transaction["type"] == kind) if kind else None
    found = listed(world, "balance_transaction", "/v1/balance_transactions", params, by=by, wanted=wanted)
    return found | {"data": [seen(world, transaction) for transaction in found["data"]]}
