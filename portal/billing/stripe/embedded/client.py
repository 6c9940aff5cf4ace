"""The embedded Stripe as the SDK's HTTP client, and the handles by which a demo or a test works it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count
from typing import Any

import stripe

from portal.billing.stripe.embedded import checkout_page, webhooks
from portal.billing.stripe.embedded.expand import expanded, paths
from portal.billing.stripe.embedded.faults import Fault, Faults, Trouble
from portal.billing.stripe.embedded.idempotency import KeysInUse, keep_answer, known_answer
from portal.billing.stripe.embedded.params import check_known, parse_form
from portal.billing.stripe.embedded.refusals import StripeRefusal
from portal.billing.stripe.embedded.routes import find_route
from portal.billing.stripe.embedded.store import Obj, Store
from portal.billing.stripe.embedded.timers import catch_up
from portal.billing.stripe.embedded.webhooks import Webhook
from portal.billing.stripe.embedded.wire import HttpAnswer, Request, check_api_key, dump, read
from portal.billing.stripe.embedded.world import World

NO_FAULT = Fault(Trouble.HANG)


class EmbeddedStripe(stripe.HTTPClient):
    """Stripe's servers at the other end of the real SDK: `StripeClient("sk_test_…", http_client=EmbeddedStripe(…))`.

    `clock` is the service's, by which holds run out and disputes come; `timeout` is how many seconds the client waits;
    with `payouts` the money goes to the bank every midnight (UTC). Without `listening` no webhook is ever sent, and of the
    events only disputes and failed refunds are kept: for building a city that does not ask for the others.
    """

    name = "embedded"

    def __init__(
        self, store: Store, *, clock: Callable[[], datetime], webhook_secret: str, checkout_base: str, seed: int = 0,
        disorder: bool = True, dispute_after: timedelta = timedelta(minutes=10), timeout: float = 80.0,
        payouts: bool = False, faults: Faults | None = None, listening: bool = True,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.store = store
        self.faults = faults
        self.timeout = timeout
        self._clock = clock
        self._secret = webhook_secret
        self._checkout_base = checkout_base.rstrip("/")
        self._seed = seed
        self._plan = (webhooks.in_disorder if disorder else webhooks.in_order) if listening else None
        self._dispute_after = int(dispute_after.total_seconds())
        self._payouts = payouts
        self._in_use = KeysInUse()
        self._requests = count()

    # What the SDK calls.

    def request(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, *,
                _usage: list[str] | None = None) -> HttpAnswer:
        """Answer as api.stripe.com would, or raise what an HTTP client raises when the network fails."""
        request = read(self._request_id(), method, url, headers or {}, post_data)
        fault = (self.faults(method, request.path) if self.faults else None) or NO_FAULT
        try:
            check_api_key(headers or {})
            return self._through(request, fault)
        except StripeRefusal as no:
            return request.refusal(no)

    def close(self) -> None:
        """The store outlives its clients: whoever made it closes it."""

    def _request_id(self) -> str:
        return "req_" + blake2b(f"{self._seed}:{next(self._requests)}".encode(), digest_size=7).hexdigest()

    def _through(self, request: Request, fault: Fault) -> HttpAnswer:
        match fault.trouble:
            case Trouble.TIME_OUT_BEFORE:
                raise _timed_out()
            case Trouble.ERROR:
                raise StripeRefusal(500, "api_error", "An unknown error occurred")
            case Trouble.RATE_LIMIT:
                raise StripeRefusal(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
        with self._in_use.only(request.key):
            answer = self._answer(request)
            if fault.seconds:
                time.sleep(min(fault.seconds, self.timeout))
        if fault.trouble is Trouble.TIME_OUT_AFTER or fault.seconds >= self.timeout:
            raise _timed_out()
        return answer

    def _answer(self, request: Request) -> HttpAnswer:
        """Do what was asked in one transaction, refusals too: a declined card leaves its traces."""
        with self._world(request) as world:
            try:
                if known := known_answer(world, request):
                    return request.answer(known.status, known.body, **{"idempotent-replayed": "true"})
                body = dump(_run(world, request))
                keep_answer(world, request, 200, body)
                return request.answer(200, body)
            except StripeRefusal as no:
                answer = request.refusal(no)
                if no.kept:
                    keep_answer(world, request, no.status, answer[0])
                return answer

    @contextmanager
    def _world(self, request: Request | None = None) -> Iterator[World]:
        """Alone with a world in which everything that was due has happened."""
        with self.store.transaction():
            world = World(self.store, self._seed, self._clock().timestamp(), self._checkout_base, self._plan,
                          self._dispute_after, self._payouts)
            catch_up(world)
            if request is not None:
                world.request = {"id": request.id, "idempotency_key": request.key}
            yield world

    # The look-alike of the hosted page.

    def page(self, session_id: str) -> Obj | None:
        """What the hosted page of this Checkout Session shows, or None if there is no such page."""
        with self._world() as world:
            return checkout_page.shown(world, session_id)

    def complete_page(self, session_id: str, token: str, *, bank_says_yes: bool | None = None) -> checkout_page.Result:
        """The customer gives this test card there; after AsksBank, call again with what the bank says."""
        with self._world() as world:
            return checkout_page.complete(world, session_id, token, bank_says_yes)

    def answer_bank_check(self, intent_id: str, *, yes: bool) -> None:
        """The cardholder of a payment or setup intent that requires action has been at their bank."""
        with self._world() as world:
            intent = world.find(intent_id)
            if intent is None or intent.get("status") != "requires_action":
                raise ValueError(f"{intent_id} does not wait for a bank's check")
            checkout_page.bank_answers(world, intent, yes)

    # Webhooks.

    def due_webhooks(self, limit: int = 100) -> list[Webhook]:
        """(event id, body, Stripe-Signature) of what is to be sent now; due until it is acknowledged or has failed."""
        with self._world() as world:
            return webhooks.due(world, self._secret, limit)

    def acknowledge(self, event_id: str) -> None:
        """One delivery of this event was answered with 2xx."""
        with self.store.transaction():
            webhooks.acknowledged(self.store, event_id)

    def failed(self, event_id: str) -> None:
        """One delivery of this event was not: it comes again, ever later, until the event is three days old."""
        with self._world() as world:
            webhooks.failed(world, event_id)

    def forget_webhooks(self) -> None:
        """Send nothing of what has happened so far, for a city that was built without listening."""
        with self._world() as world:
            world.store.drop_deliveries()


def _run(world: World, request: Request) -> Obj:
    route, ids = find_route(request.method, request.path)
    params = parse_form(request.form)
    check_known(params, route.known)
    wanted = paths(params)
    answer = route.run(world, params, *ids)
    for path in wanted:
        answer = expanded(world, answer, path)
    return answer


def _timed_out() -> stripe.APIConnectionError:
    words = "Request timed out (the embedded Stripe was told to)."
    return stripe.APIConnectionError(words, should_retry=True)  # type: ignore[no-untyped-call]
