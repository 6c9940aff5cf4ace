"""`expand`: objects in place of their ids."""

from portal.billing.stripe.embedded.balance import seen
from portal.billing.stripe.embedded.params import Params
from portal.billing.stripe.embedded.refusals import StripeRefusal, wrong
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

EXPANDABLE = frozenset({
    "balance_transaction", "charge", "customer", "data", "failure_balance_transaction", "latest_charge", "payment_intent",
    "payment_method", "refunds", "setup_intent", "source",
})
DEEPEST = 4


def paths(params: Params) -> list[list[str]]:
    """What is to be expanded, refused before anything is done if it cannot be."""
    said = params.get("expand") or []
    if not isinstance(said, list):
        raise wrong("Invalid array", "expand")
    found = [path.split(".") for path in said]
    for path in found:
        if len(path) > DEEPEST or not EXPANDABLE.issuperset(path):
            raise _cannot(".".join(path))
    return found


def _cannot(what: str) -> StripeRefusal:
    return wrong(f"This property cannot be expanded ({what}).", "expand")


def expanded(world: World, obj: Obj, path: list[str]) -> Obj:
    """The object with what the path names in it."""
    if not path:
        return obj
    head, *rest = path
    if head == "data":
        return obj | {"data": [expanded(world, one, rest) for one in obj["data"]]}
    value = _refunds(world, obj) if head == "refunds" else obj.get(head)
    if isinstance(value, str):
        value = world.find(value)
    if value is None:
        return obj
    if value["object"] == "balance_transaction":
        value = seen(world, value)
    return obj | {head: expanded(world, value, rest)}


def _refunds(world: World, obj: Obj) -> Obj:
    """A charge's refunds, newest first."""
    if obj["object"] != "charge":
        raise _cannot("refunds")
    found = list(world.store.scan("refund", by=("about", obj["payment_intent"])))
    return {"object": "list", "data": found[:10], "has_more": len(found) > 10, "url": f"/v1/charges/{obj['id']}/refunds"}
