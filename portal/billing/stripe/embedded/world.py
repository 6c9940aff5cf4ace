"""One request's hold on Stripe's world: its moment, its ids, its objects, and the events that come of it."""

from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import unpack
from typing import Any

import stripe

from portal.billing.stripe.embedded.refusals import missing
from portal.billing.stripe.embedded.store import Obj, Store, Timer

API_VERSION = stripe.api_version
DAY = 24 * 3600
EVENTS_KEPT = 30 * DAY
SAYS_WHAT_CHANGED = ("updated", "refunded", "captured", "reinstated", "withdrawn", "closed")

KEPT_UNHEARD = ("charge.dispute.", "refund.failed")  # what a city must learn of even when it does not listen

NO_SIGNS = bytes.maketrans(b"+/", b"xY")  # ids have letters and digits only

Plan = Callable[["World", str], None]
"""Plans how an event with this id is sent."""


@dataclass(slots=True)
class World:
    """What resources work on. `moment` is the clock's Unix time; while a timer runs it is the time it was due at.

    Without a `plan` nobody listens: no event is sent, and few are kept.
    """

    store: Store
    seed: int
    moment: float
    checkout_base: str
    plan: Plan | None
    dispute_after: int
    pays_out: bool
    request: dict[str, str | None] = field(default_factory=lambda: {"id": None, "idempotency_key": None})

    @property
    def now(self) -> int:
        return int(self.moment)

    # Ids and dice.

    def new_id(self, prefix: str, length: int = 24) -> str:
        """An id like Stripe's: the same for the same seed and the same history."""
        return prefix + self._letters(f"{prefix}{self.store.draw()}", length)

    def secret_of(self, object_id: str) -> str:
        return f"{object_id}_secret_{self._letters(object_id, 25)}"

    def _letters(self, what: str, length: int) -> str:
        digest = blake2b(f"{self.seed}:{what}".encode(), digest_size=45).digest()
        return b2a_base64(digest, newline=False).translate(NO_SIGNS).decode()[:length]

    def dice(self, what: str) -> tuple[float, float, float, float]:
        """Four numbers in [0, 1), always the same for the same seed and the same thing."""
        digest = blake2b(f"{self.seed}:dice:{what}".encode(), digest_size=16).digest()
        a, b, c, d = unpack(">4I", digest)
        return a / (1 << 32), b / (1 << 32), c / (1 << 32), d / (1 << 32)

    # Objects.

    def get(self, kind: str, object_id: str, param: str = "id") -> Obj:
        """Raises the refusal that Stripe answers with when there is none of this kind."""
        found = self.store.get(object_id)
        if found is None or found["object"] != kind:
            raise missing(kind, object_id, param)
        return found

    def find(self, object_id: str | None) -> Obj | None:
        return self.store.get(object_id) if object_id else None

    def put(self, obj: Obj) -> Obj:
        self.store.put(obj)
        return obj

    def change(self, obj: Obj, **fields: Any) -> Obj:
        """Keep the object with other values in some of its fields."""
        return self.put(obj | fields)

    # Notes of our own, which no answer shows.

    def note(self, name: str, **facts: Any) -> None:
        self.store.put({"id": name, "object": "note", **facts})

    def noted(self, name: str) -> Obj | None:
        return self.store.get(name)

    # What comes of it.

    def later(self, seconds: int, what: str, object_id: str) -> None:
        """Have the timer `what` run on the object by the clock."""
        self.store.add_timer(Timer(self.now + seconds, what, object_id))

    def emit(self, kind: str, obj: Obj, before: Obj | None = None) -> None:
        """Write an event of this moment, with the object as it is now and, where Stripe says so, what it was before."""
        if self.plan is None and not kind.startswith(KEPT_UNHEARD):
            return
        data: Obj = {"object": obj}
        if before is not None and kind.endswith(SAYS_WHAT_CHANGED):
            data["previous_attributes"] = {name: before.get(name) for name in obj if before.get(name) != obj[name]}
        event_id = self.new_id("evt_")
        self.store.put({
            "id": event_id, "object": "event", "api_version": API_VERSION, "created": self.now, "data": data,
            "livemode": False, "pending_webhooks": 1, "request": self.request, "type": kind,
        })
        self.store.forget_events(self.now - EVENTS_KEPT)
        if self.plan is not None:
            self.plan(self, event_id)
