"""Customers: whom cards belong to."""

from portal.billing.stripe.embedded.params import Params, metadata, word
from portal.billing.stripe.embedded.refusals import missing
from portal.billing.stripe.embedded.store import Obj
from portal.billing.stripe.embedded.world import World

SAID = frozenset({"email", "name", "phone", "description", "metadata"})
TEXTS = ("email", "name", "phone", "description")

BLANK: Obj = {
    "object": "customer", "address": None, "balance": 0, "currency": None, "customer_account": None, "default_source": None,
    "delinquent": False, "description": None, "discount": None, "email": None, "livemode": False, "metadata": {},
    "name": None, "next_invoice_sequence": 1, "phone": None, "preferred_locales": [], "shipping": None,
    "tax_exempt": "none", "test_clock": None,
    "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None},
}


def create(world: World, params: Params) -> Obj:
    texts = {name: word(params, name) for name in TEXTS}
    customer_id = world.new_id("cus_", 14)
    customer = world.put({
        **BLANK, **texts, "id": customer_id, "created": world.now, "metadata": metadata(params),
        "invoice_prefix": customer_id[-8:].upper(),
    })
    world.emit("customer.created", customer)
    return customer


def retrieve(world: World, params: Params, customer_id: str) -> Obj:
    return world.get("customer", customer_id)


def update(world: World, params: Params, customer_id: str) -> Obj:
    before = world.get("customer", customer_id)
    texts = {name: word(params, name) for name in TEXTS if name in params}
    customer = world.change(before, **texts, metadata=metadata(params, before["metadata"]))
    if customer != before:
        world.emit("customer.updated", customer, before)
    return customer


def delete(world: World, params: Params, customer_id: str) -> Obj:
    """For good: cards are detached, and what names the person goes, also from pages, events and answers that are kept."""
    before = world.get("customer", customer_id)
    if before.get("deleted"):
        raise missing("customer", customer_id, "id")
    for method in list(world.store.scan("payment_method", by=("customer", customer_id))):
        world.note(f"gone:{method['id']}")
        world.change(method, customer=None)
    for session in list(world.store.scan("checkout.session", by=("customer", customer_id))):
        world.change(session, customer_details=None, customer_email=None)
    gone = {"id": customer_id, "object": "customer", "deleted": True}
    world.put(gone | {"created": before["created"]})
    for event in list(world.store.scan("event")):
        about = event["data"]["object"]
        if about["id"] == customer_id:
            world.change(event, data={"object": gone})
        elif about.get("customer") == customer_id and about.get("customer_details"):
            world.change(event, data={"object": about | {"customer_details": None, "customer_email": None}})
    world.store.forget_answers(customer_id)
    return gone
