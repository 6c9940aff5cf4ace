"""`observe()`: a use case lives through a step, and what became of it is written down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID

from core.database import at_commit, before_commit, in_transaction, transaction, when_over, write_together
from core.ids import new_id
from core.refusal import Refusal
from core.time import now, wall_now
from experience.journey import STEPS, Phase, Step
from experience.record.facts import fact_of
from experience.record.insert import insert_events, insert_of_visit
from experience.record.models import SOURCE
from experience.record.pids import pid_of
from experience.record.registry import ADDRESSES, TYPES, check_object

APP_VERSION = "0.1.0"


class Settled(Protocol):
    """A promise that was settled: what `Seen` takes over of it."""

    @property
    def id(self) -> UUID: ...
    @property
    def expected(self) -> float | None: ...
    @property
    def actual(self) -> float | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def cause_reservation_id(self) -> int | None: ...


class Someone(Protocol):
    """Whoever lives through a step: anything with a member's id."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known about the surroundings of a step: set by the web, the worker and commands at their edge."""

    session_id: str | None = None
    trace_id: str | None = None
    actor: str = "system"
    is_demo: bool = False
    channel: str | None = None  # where it happens, when that is another place than the step's own
    keep_look: "Callable[[Seen, Scene, int], None] | None" = None  # for steps that only look; the process's page views


_scene: ContextVar[Scene] = ContextVar("scene", default=Scene())  # noqa: B039 - frozen


def here() -> Scene:
    """The surroundings as they are known now."""
    return _scene.get()


def set_scene(scene: Scene) -> None:
    """Say where the steps that follow take place, until the end of this request or job."""
    _scene.set(scene)


@contextmanager
def scene(around: Scene) -> Iterator[None]:
    """Steps inside the block take place in this scene."""
    token = _scene.set(around)
    try:
        yield
    finally:
        _scene.reset(token)


class UnknownFact(ValueError):
    """A fact that the step did not declare, or that is no id or number."""


@dataclass
class Seen:
    """What a use case may add to the step it is living through."""

    step: Step
    member_id: int | None
    trip_id: int | None
    facts: dict[str, Any] = field(default_factory=dict)
    expected: float | None = None
    actual: float | None = None
    unit: str | None = None
    repeated: bool = False
    event_id: UUID = field(default_factory=new_id)  # of its success, for rows that point at it
    objects: list[dict[str, str]] = field(default_factory=list)
    promise_id: UUID | None = None
    trip_as: str = "of"  # how this stands to its trip: what it made of it
    actor: str | None = None  # who did it, when it was not whoever is here
    journey: str | None = None  # what its steps belong to when that is neither a trip nor a visit
    made_trip: bool = False  # its trip is known only now: tries before it are those of the visit

    def note(self, **facts: Any) -> None:
        """Add declared facts: ids and numbers, never names or free text. Raises UnknownFact."""
        check_facts(self.step, facts)
        self.facts.update(facts)

    def about(self, kind: str, ref: object, qualifier: str) -> None:
        """Name a row that this step is about, by its id, and how it stands to it: reconciliation looks for it there.

        Raises UnknownType for a kind of object that is not registered.
        """
        check_object(kind)
        self.objects.append({"type": kind, "id": str(ref), "qualifier": qualifier})

    def was_repeated(self) -> None:
        """Say that this was done before and nothing happened now: the step is not written a second time."""
        self.repeated = True

    def of_trip(self, trip_id: int) -> None:
        """Say which trip this step belongs to, once it has an id."""
        self.made_trip = self.trip_id is None
        self.trip_id = trip_id

    def measured(self, actual: float, unit: str, *, expected: float | None = None) -> None:
        """Set what was promised against what happened, in `unit`."""
        self.actual, self.unit, self.expected = actual, unit, expected

    def settles(self, promise: Settled | None) -> None:
        """Say which promise this step settled: what was measured already stays. Another member's trip that broke it is
        named among the objects, and its driver is who acted."""
        if promise is None:
            return
        self.promise_id = promise.id
        if self.actual is None:
            self.expected, self.actual, self.unit = promise.expected, promise.actual, promise.unit
        if promise.cause_reservation_id is not None:
            self.actor = "other_member"
            self.about("trip", pid_of("trip", promise.cause_reservation_id), "cause")

    def affects(self, trip_id: int) -> None:
        """Say which other trip felt this."""
        self.about("trip", pid_of("trip", trip_id), "effect")


def check_facts(step: Step, facts: dict[str, Any]) -> None:
    """Raise UnknownFact for a fact that is undeclared, or is not of the kind it was registered as. None says nothing."""
    allowed = STEPS[step].allowed_facts
    for key, value in facts.items():
        if key not in allowed:
            raise UnknownFact(f"{step} declares no fact {key!r}: add it in experience/journey.py or leave it out")
        if value is not None and not fact_of(key).holds(value):
            raise UnknownFact(f"{key!r} of {step} is not of its kind: facts are ids, numbers and codes of the closed lists in "
                              "experience/record/facts.py")


@contextmanager
def observe(step: Step, *, member: Someone | None = None, trip: Someone | None = None, looking: bool = False) -> Iterator[Seen]:
    """Live through a step: succeeded is written with the work, refused and failed after its rollback.

    Wrap it around `transaction()`. A refusal (`Refusal`) is the business saying no; any other exception is a failure.
    With `looking` nothing is changed by it: its success on a page is written with the page views, within a second.
    """
    seen = Seen(step, member.id if member else None, trip.id if trip else None)
    began = perf_counter()
    written = False

    def succeed() -> None:
        nonlocal written
        if not written and not seen.repeated and not _aside.get():
            written = True
            record(seen, Phase.SUCCEEDED, _milliseconds(began))

    try:
        with at_commit(succeed):
            yield seen
        if in_transaction():
            before_commit(succeed)  # this step is part of a larger change: it is written when that commits
        elif not written and looking and (keep := here().keep_look) is not None and not seen.repeated:
            keep(seen, here(), _milliseconds(began))
        elif not written:
            with transaction():
                succeed()
    except Refusal as refusal:
        _afterwards(seen, Phase.REFUSED, began, refusal.code)
        raise
    except Exception as error:
        _afterwards(seen, Phase.FAILED, began, type(error).__name__)
        raise


_aside: ContextVar[bool] = ContextVar("aside", default=False)


@contextmanager
def aside() -> Iterator[None]:
    """A transaction inside the block is not the work of the steps around it: its commit is not their success."""
    token = _aside.set(True)
    try:
        yield
    finally:
        _aside.reset(token)


def _afterwards(seen: Seen, phase: Phase, began: float, code: str) -> None:
    duration = _milliseconds(began)

    def write() -> None:
        with aside(), transaction():
            record(seen, phase, duration, code)

    when_over(write)


def _milliseconds(began: float) -> int:
    return round((perf_counter() - began) * 1000)


def record(seen: Seen, phase: Phase, duration_ms: int | None = None, error_code: str | None = None,
           at: datetime | None = None) -> UUID:
    """Have one event inserted just before the open transaction's COMMIT, and return its id."""
    around = here()
    if around.actor == "staff":  # a visit of ours is no part of the member's journey
        around = replace(around, session_id=None)
    member_pid = pid_of("member", seen.member_id) if seen.member_id else None
    trip_pid = pid_of("trip", seen.trip_id, just_made=seen.made_trip) if seen.trip_id else None
    journey = str(trip_pid) if trip_pid else seen.journey or around.session_id
    row = event_row(
        seen.step, phase, scene_=around, member_pid=member_pid, journey_id=journey, facts=seen.facts,
        duration_ms=duration_ms, error_code=error_code, at=at or now(),
        objects=_objects(seen.facts, trip_pid, seen.trip_as) + seen.objects,
        measured=(seen.expected, seen.actual, seen.unit),
    )
    row["promise_id"], row["actor"] = seen.promise_id, seen.actor or row["actor"]
    if phase is Phase.SUCCEEDED:
        row["id"] = seen.event_id
    del row["attempt"]  # counted as it is inserted
    if seen.made_trip and around.session_id:
        write_together(insert_of_visit, row | {"tried": row["step"], "tried_on": around.session_id, "tried_by": member_pid})
    else:
        write_together(insert_events, row | {"tried": row["step"], "tried_on": None if phase is Phase.ENTERED else journey})
    event_id: UUID = row["id"]
    return event_id


def event_row(step: Step, phase: Phase, *, scene_: Scene, at: datetime, member_pid: UUID | None = None,
              journey_id: str | None = None, facts: dict[str, Any] | None = None, duration_ms: int | None = None,
              error_code: str | None = None, attempt: int = 1, objects: list[dict[str, str]] | None = None,
              measured: tuple[float | None, float | None, str | None] = (None, None, None)) -> dict[str, Any]:
    """The row of one event, every column filled."""
    expected, actual, unit = measured
    return {
        "id": new_id(), "source": SOURCE, "type": TYPES[step, phase], "subject": journey_id,
        "time": at, "dataschema": ADDRESSES[step], "recorded_at": wall_now() if not scene_.is_demo else at,
        "member_pid": member_pid, "session_id": scene_.session_id, "trace_id": scene_.trace_id,
        "journey_id": journey_id, "step": str(step), "phase": str(phase), "attempt": attempt,
        "channel": scene_.channel or STEPS[step].channel, "actor": scene_.actor, "objects": objects or [], "promise_id": None,
        "expected": expected, "actual": actual, "unit": unit, "duration_ms": duration_ms, "error_code": error_code,
        "facts": facts or {}, "experiment": None, "consent_version": None, "app_version": APP_VERSION,
        "is_demo": scene_.is_demo,
    }


def _objects(facts: dict[str, Any], trip_pid: UUID | None, trip_as: str) -> list[dict[str, str]]:
    objects = [{"type": "trip", "id": str(trip_pid), "qualifier": trip_as}] if trip_pid else []
    objects += [{"type": key.removesuffix("_id"), "id": str(facts[key]), "qualifier": "at"}
                for key in ("car_id", "lot_id") if key in facts]
    return objects
