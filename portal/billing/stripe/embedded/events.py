"""Events: what has happened, for thirty days."""

from portal.billing.stripe.embedded.listing import PAGING, listed
from portal.billing.stripe.embedded.params import Params, word
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

LISTED = PAGING | {"created", "type", "types"}


def seen(world: World, event: Obj) -> Obj:
    """As it is shown: with the webhooks that are still to arrive."""
    return event if world.store.delivery_of(event["id"]) else event | {"pending_webhooks": 0}


def retrieve(world: World, params: Params, event_id: str) -> Obj:
    return seen(world, world.get("event", event_id))


def page(world: World, params: Params) -> Obj:
    kind, kinds = word(params, "type"), params.get("types")
    by = ("about", kind) if kind else None
    wanted = (lambda event: event["type"] in kinds) if kinds else None
    found = listed(world, "event", "/v1/events", params, by=by, wanted=wanted)
    return found | {"data": [seen(world, event) for event in found["data"]]}
