"""The store that lives as long as its process: for tests, and for building a city before it is saved."""

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from portal.billing.stripe.embedded.file import FileStore
from portal.billing.stripe.embedded.store import END, START, Answer, Delivery, Obj, Place, Timer, about

Key = tuple[str, str, str]
Row = tuple[int, int, str]


class MemoryStore:
    """Dictionaries and sorted lists. It undoes nothing: requests check before they change."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._drawn = self._sequence = self._deliveries_made = 0
        self._objects: dict[str, Obj] = {}
        self._places: dict[str, Place] = {}
        self._lists: defaultdict[Key, list[Row]] = defaultdict(list)
        self._timers: list[tuple[int, int, Timer]] = []
        self._answers: dict[str, Answer] = {}
        self._deliveries: dict[int, Delivery] = {}
        self._by_due: list[tuple[float, int]] = []
        self._by_event: defaultdict[str, list[int]] = defaultdict(list)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            yield

    def draw(self) -> int:
        self._drawn += 1
        return self._drawn

    # Objects.

    def get(self, object_id: str) -> Obj | None:
        return self._objects.get(object_id)

    def put(self, obj: Obj) -> None:
        object_id = obj["id"]
        known = self._objects.get(object_id)
        self._objects[object_id] = obj
        if known is None:
            self._sequence += 1
            self._places[object_id] = obj.get("created", 0), self._sequence
            self._list(obj, ("", ""), ("customer", obj.get("customer")), ("about", about(obj)))
        elif known.get("customer") != obj.get("customer"):
            self._unlist(known, "customer", known.get("customer"))
            self._list(obj, ("customer", obj.get("customer")))

    def _list(self, obj: Obj, *names: tuple[str, str | None]) -> None:
        row = (*self._places[obj["id"]], obj["id"])
        for name, value in names:
            if value is not None:
                insort(self._lists[obj["object"], name, value], row)

    def _unlist(self, obj: Obj, name: str, value: str | None) -> None:
        if value is not None:
            self._lists[obj["object"], name, value].remove((*self._places[obj["id"]], obj["id"]))

    def place(self, object_id: str) -> Place | None:
        return self._places.get(object_id)

    def scan(self, kind: str, *, by: tuple[str, str] | None = None, start: Place = START, end: Place = END,
             oldest_first: bool = False) -> Iterator[Obj]:
        rows = self._lists.get((kind, *(by or ("", ""))), [])
        low, high = bisect_left(rows, (*start, "")), bisect_left(rows, (*end, ""))
        for index in range(low, high) if oldest_first else range(high - 1, low - 1, -1):
            yield self._objects[rows[index][2]]

    def forget_events(self, before: int) -> None:
        rows = self._lists["event", "", ""]
        if not rows or rows[0][0] >= before:
            return
        old = rows[: bisect_left(rows, (before, 0, ""))]
        for row in old:
            event = self._objects.pop(row[2])
            self._unlist(event, "about", about(event))
            del self._places[row[2]]
        del rows[: len(old)]

    # Timers and answers.

    def add_timer(self, timer: Timer) -> None:
        self._sequence += 1
        heapq.heappush(self._timers, (timer.due, self._sequence, timer))

    def pop_timer(self, now: int) -> Timer | None:
        if not self._timers or self._timers[0][0] > now:
            return None
        return heapq.heappop(self._timers)[2]

    def answer(self, key: str) -> Answer | None:
        return self._answers.get(key)

    def keep_answer(self, key: str, answer: Answer, forget_before: int) -> None:
        self._answers.pop(key, None)
        self._answers[key] = answer
        while (oldest := next(iter(self._answers))) and self._answers[oldest].at < forget_before:
            del self._answers[oldest]

    def forget_answers(self, naming: str) -> None:
        self._answers = {key: answer for key, answer in self._answers.items() if naming not in answer.body}

    # Deliveries.

    def add_delivery(self, event: str, due: float, tries: int = 0) -> None:
        self._deliveries_made += 1
        number = self._deliveries_made
        self._deliveries[number] = Delivery(number, event, due, tries)
        self._by_event[event].append(number)
        insort(self._by_due, (due, number))

    def due_deliveries(self, now: float, limit: int) -> list[Delivery]:
        due = self._by_due[: min(limit, bisect_left(self._by_due, (now, END[0])))]
        return [self._deliveries[number] for _, number in due]

    def delivery_of(self, event: str) -> Delivery | None:
        numbers = self._by_event.get(event)
        return min((self._deliveries[number] for number in numbers), key=lambda it: (it.due, it.number)) if numbers else None

    def drop_delivery(self, number: int) -> None:
        delivery = self._deliveries.pop(number)
        self._by_event[delivery.event].remove(number)
        if not self._by_event[delivery.event]:
            del self._by_event[delivery.event]
        del self._by_due[bisect_left(self._by_due, (delivery.due, number))]

    def drop_deliveries(self) -> None:
        self._deliveries.clear()
        self._by_event.clear()
        self._by_due.clear()

    # The end of building.

    def save_to(self, path: Path, *, events: bool = True) -> None:
        """Let the file hold this Stripe and no other; the tables of others in it stay. Only while nothing runs on it.

        Without `events` it does not remember how it came to be: no event, none to be sent, and no answer to a key that was
        used already.
        """
        file = FileStore(path)
        with self._lock, file.transaction():
            file.forget_everything(self._drawn)
            for _, object_id in sorted((place[1], object_id) for object_id, place in self._places.items()):
                obj = self._objects[object_id]
                if events or obj["object"] != "event":
                    file.put(obj)
            for _, _, timer in sorted(self._timers, key=lambda row: row[:2]):
                file.add_timer(timer)
            if events:
                self._save_past(file)
        file.close()

    def _save_past(self, file: FileStore) -> None:
        for key, answer in self._answers.items():
            file.keep_answer(key, answer, 0)
        for delivery in self._deliveries.values():
            file.add_delivery(delivery.event, delivery.due, delivery.tries)
