"""Webhooks: when each event is sent, how often, and signed with what."""

import hmac
import time
from hashlib import sha256

from portal.billing.stripe.embedded.store import Store
from portal.billing.stripe.embedded.wire import dump
from portal.billing.stripe.embedded.world import DAY, World

GIVEN_UP_AFTER = 3 * DAY
RETRY_AFTER_SECONDS = (60, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 12 * 3600)
PROMPT, LATE = 0.80, 0.95  # shares of events that come within 2 seconds, and within a minute; the others within ten
TWICE = 0.05

Webhook = tuple[str, bytes, str]
"""An event's id, the body to send, and its Stripe-Signature header."""


def in_order(world: World, event_id: str) -> None:
    world.store.add_delivery(event_id, world.moment)


def in_disorder(world: World, event_id: str) -> None:
    """As Stripe warns that it may be: late, out of order and more than once, by seeded dice."""
    how_late, which, twice, again = world.dice(event_id)
    if which < PROMPT:
        seconds = how_late * 2
    elif which < LATE:
        seconds = 2 + how_late * 58
    else:
        seconds = 60 + how_late * 540
    world.store.add_delivery(event_id, world.moment + seconds)
    if twice < TWICE:
        world.store.add_delivery(event_id, world.moment + seconds + 1 + again * 120)


def due(world: World, secret: str, limit: int) -> list[Webhook]:
    """What is to be sent now. What is neither acknowledged nor failed is due again."""
    found = []
    for delivery in world.store.due_deliveries(world.moment, limit):
        event = world.find(delivery.event)
        if event is None:  # forgotten after thirty days
            world.store.drop_delivery(delivery.number)
            continue
        body = dump(event)
        found.append((delivery.event, body.encode(), signature(body, secret)))
    return found


def signature(body: str, secret: str) -> str:
    """The header of a webhook that is sent at this moment by the wall's clock."""
    at = int(time.time())
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.{body}'.encode(), sha256).hexdigest()}"


def acknowledged(store: Store, event_id: str) -> None:
    """One delivery has arrived; a second one of the same event is still to come."""
    if delivery := store.delivery_of(event_id):
        store.drop_delivery(delivery.number)


def failed(world: World, event_id: str) -> None:
    """Try again after a while that grows, until the event is three days old."""
    delivery, event = world.store.delivery_of(event_id), world.find(event_id)
    if delivery is None:
        return
    world.store.drop_delivery(delivery.number)
    again = world.moment + RETRY_AFTER_SECONDS[min(delivery.tries, len(RETRY_AFTER_SECONDS) - 1)]
    if event is not None and again <= event["created"] + GIVEN_UP_AFTER:
        world.store.add_delivery(event_id, again, delivery.tries + 1)
