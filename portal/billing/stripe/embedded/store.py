"""Where Stripe's objects live: one interface, kept in memory or in an SQLite file that several processes share."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Obj = dict[str, Any]
"""A Stripe object as its JSON. It is a value: a change is a new dictionary, and what was handed out stays as it was."""

Place = tuple[int, int]
"""Where an object stands in lists: when it was created, and the how-manieth it was."""

START: Place = (-1, -1)
END: Place = (1 << 60, 0)


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens by the clock: a hold runs out, a dispute arrives."""

    due: int
    what: str
    about: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with, for its idempotency key. `asked` tells other parameters apart."""

    asked: str
    status: int
    body: str
    at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of an event that is still to be made; `tries` have failed."""

    number: int
    event: str
    due: float
    tries: int


class Store(Protocol):
    """All that the embedded Stripe remembers; everything but `transaction` is called inside one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Alone with the data until the end of the block; an exception leaves it as it was."""

    def draw(self) -> int:
        """The next of the numbers that ids are made from: each once, over all processes."""

    def get(self, object_id: str) -> Obj | None: ...

    def put(self, obj: Obj) -> None:
        """Keep a new object, or what an old one has become."""

    def place(self, object_id: str) -> Place | None: ...

    def scan(self, kind: str, *, by: tuple[str, str] | None = None, start: Place = START, end: Place = END,
             oldest_first: bool = False) -> Iterator[Obj]:
        """Objects of a kind in [start, end), newest first; `by` is ("customer", id) or ("about", id)."""

    def forget_events(self, before: int) -> None: ...

    def add_timer(self, timer: Timer) -> None: ...

    def pop_timer(self, now: int) -> Timer | None:
        """Take the earliest timer that is due."""

    def answer(self, key: str) -> Answer | None: ...

    def keep_answer(self, key: str, answer: Answer, forget_before: int) -> None: ...

    def forget_answers(self, naming: str) -> None:
        """Forget what was answered with this id in it."""

    def add_delivery(self, event: str, due: float, tries: int = 0) -> None: ...

    def due_deliveries(self, now: float, limit: int) -> list[Delivery]:
        """What is due, the earliest first."""

    def delivery_of(self, event: str) -> Delivery | None:
        """The earliest delivery of an event."""

    def drop_delivery(self, number: int) -> None: ...

    def drop_deliveries(self) -> None: ...


ABOUT = {
    "charge": "payment_intent",
    "refund": "payment_intent",
    "dispute": "payment_intent",
    "balance_transaction": "source",
    "event": "type",
}


def about(obj: Obj) -> str | None:
    """The word by which lists of this kind of object are asked for, beside the customer."""
    field = ABOUT.get(obj["object"])
    return obj[field] if field else None
