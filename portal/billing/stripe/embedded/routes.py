"""Which request means what: every address that the embedded Stripe answers, and the parameters it understands."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.billing.stripe.embedded import (
    balance,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
)
from portal.billing.stripe.embedded.refusals import StripeRefusal
from portal.billing.stripe.embedded.store import Obj

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """A function of (world, params, *ids), and the parameters that it understands."""

    run: Callable[..., Obj]
    known: frozenset[str] = NOTHING


ROUTES = {
    "post customers": Route(customers.create, customers.SAID),
    "get customers/:": Route(customers.retrieve),
    "post customers/:": Route(customers.update, customers.SAID),
    "delete customers/:": Route(customers.delete),
    "get customers/:/payment_methods": Route(payment_methods.of_customer, payment_methods.LISTED),
    "get customers/:/payment_methods/:": Route(payment_methods.of_customer_one),
    "get payment_methods": Route(payment_methods.page, payment_methods.LISTED),
    "get payment_methods/:": Route(payment_methods.retrieve),
    "post payment_methods/:/attach": Route(payment_methods.attach, payment_methods.ATTACHED),
    "post payment_methods/:/detach": Route(payment_methods.detach),
    "post setup_intents": Route(setup_intents.create, setup_intents.CREATED),
    "get setup_intents/:": Route(setup_intents.retrieve),
    "post setup_intents/:/confirm": Route(setup_intents.confirm, setup_intents.CONFIRMED),
    "post setup_intents/:/cancel": Route(setup_intents.cancel, setup_intents.CANCELED),
    "post payment_intents": Route(payment_intents.create, payment_intents.CREATED),
    "get payment_intents": Route(payment_intents.page, payment_intents.LISTED),
    "get payment_intents/:": Route(payment_intents.retrieve),
    "post payment_intents/:": Route(payment_intents.update, payment_intents.UPDATED),
    "post payment_intents/:/confirm": Route(payment_intents.confirm, payment_intents.CONFIRMED),
    "post payment_intents/:/capture": Route(payment_intents.capture, payment_intents.CAPTURED),
    "post payment_intents/:/cancel": Route(payment_intents.cancel, payment_intents.CANCELED),
    "get charges": Route(charges.page, charges.LISTED),
    "get charges/:": Route(charges.retrieve),
    "post refunds": Route(refunds.create, refunds.CREATED),
    "get refunds": Route(refunds.page, refunds.LISTED),
    "get refunds/:": Route(refunds.retrieve),
    "get disputes": Route(disputes.page, disputes.LISTED),
    "get disputes/:": Route(disputes.retrieve),
    "post disputes/:": Route(disputes.update, disputes.UPDATED),
    "post disputes/:/close": Route(disputes.close),
    "post checkout.sessions": Route(checkout_sessions.create, checkout_sessions.CREATED),
    "get checkout.sessions": Route(checkout_sessions.page, checkout_sessions.LISTED),
    "get checkout.sessions/:": Route(checkout_sessions.retrieve),
    "post checkout.sessions/:/expire": Route(checkout_sessions.expire),
    "get balance_transactions": Route(balance.page, balance.LISTED),
    "get balance_transactions/:": Route(balance.retrieve),
    "get payouts": Route(payouts.page, payouts.LISTED),
    "get payouts/:": Route(payouts.retrieve),
    "get events": Route(events.page, events.LISTED),
    "get events/:": Route(events.retrieve),
}


def find_route(method: str, path: str) -> tuple[Route, list[str]]:
    """The route of a request and the ids in its path. Raises Stripe's refusal of an address it does not know."""
    parts = path.removeprefix("/v1/").replace("checkout/", "checkout.", 1).split("/")
    ids = parts[1::2]
    parts[1::2] = ":" * len(ids)
    route = ROUTES.get(f"{method} {'/'.join(parts)}")
    if route is None or not path.startswith("/v1/"):
        raise StripeRefusal(404, "invalid_request_error", f"Unrecognized request URL ({method.upper()}: {path}).")
    return route, ids
