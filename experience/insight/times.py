"""How long members stay in a step: from opening it to the last answer they got before opening it anew.

Where the end itself says how long it took (a car's answer, a mail on its way), that is the time: nobody opens such a step.
One query streams the events and one pass pairs them: with window functions SQLite took seven times as long.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, not_, or_, select

from core.database import db
from experience.insight.epoch import epoch_ms
from experience.insight.measured import CLOCKED, is_clocked, took_seconds
from experience.insight.window import Window, fact
from experience.journey import STEPS, Phase, Step
from experience.record.models import Event

AT_ONCE = 5000  # rows fetched at a time
REACH = timedelta(hours=6)  # an end that comes later than this after the opening belongs to no visit


def reach_of(step: Step) -> timedelta:
    """How long a visit to the step may last: for one that takes days, until it counts as abandoned."""
    limit = STEPS[step].limit
    return REACH if limit < REACH else limit + timedelta(days=1)


LONG_STEPS = tuple(step for step in Step if reach_of(step) > REACH)
SHORT_STEPS = tuple(step for step in Step if step not in LONG_STEPS)


@dataclass(frozen=True, slots=True)
class Lived:
    """What bounds visits, step by step in order of time: phase, at (ms), session, journey, lot, class, member."""

    since: datetime
    until: datetime | None
    steps: tuple[Step, ...]

    def select(self) -> Select[Any]:
        return (
            select(Event.step, Event.phase, epoch_ms(Event.time), Event.session_id, Event.journey_id,
                   fact(Event.facts, "lot_id"), fact(Event.facts, "car_class"), Event.member_pid)
            .where(Event.step.in_([str(step) for step in self.steps]), *Window(self.since, until=self.until).spans(Event.time),
                   Event.phase != Phase.UNDONE, or_(Event.session_id.is_not(None), Event.journey_id.is_not(None)),
                   not_(is_clocked()))
            .order_by(Event.step, Event.time, Event.id)  # the order of the index on step and time
        )


@dataclass(frozen=True, slots=True)
class Clocked:
    """Ends that say by themselves how long they took, in a time."""

    window: Window

    def select(self) -> Select[Any]:
        return (
            select(Event.step, Event.phase, epoch_ms(Event.time), Event.actual, Event.unit, Event.session_id, Event.journey_id,
                   fact(Event.facts, "lot_id"), fact(Event.facts, "car_class"), Event.member_pid)
            .where(*self.window.conditions(), is_clocked()))


@dataclass(slots=True)
class Visit:
    """A stay in a step, from `began_ms` on; the others are those of its last end so far."""

    step: str
    began_ms: int
    ended_ms: int | None = None
    phase: str = ""
    journey_id: str | None = None
    lot: str | None = None
    car_class: str | None = None
    whole: bool = False  # the end stands in this thread: that of its session, or outside of any that of its journey
    who: Hashable = None  # the member's random id, or the session of a visitor

    @property
    def milliseconds(self) -> int:
        return (self.ended_ms or self.began_ms) - self.began_ms

    @property
    def ended_at(self) -> datetime:
        return datetime.fromtimestamp((self.ended_ms or self.began_ms) / 1000, UTC)


def visits(window: Window) -> Iterator[Visit]:
    """Every finished visit that was opened in the window, and every end in it that says how long it took.

    A visit begins with `entered` after anything but `entered`, and ends with the last end before the next `entered`.
    An end belongs to its session; one that was given outside of any (by a car, by a job) to its journey. A visit that
    was abandoned has no length. The window's lot and class are those of the end: pages do not know them all.
    """
    if window.step is None or window.step in CLOCKED:
        yield from _clocked(window)
    first, last = _ms(window.since), _ms(window.until) if window.until else None
    for steps in (SHORT_STEPS, LONG_STEPS):
        wanted = tuple(step for step in steps if window.step in (None, step))
        if not wanted:
            continue
        reach = max(map(reach_of, wanted))
        lived = Lived(window.since - reach, window.until + reach if window.until else None, wanted)
        rows = db.session.execute(lived.select(), execution_options={"yield_per": AT_ONCE})
        for visit in _pair(rows, reach // timedelta(milliseconds=1)):
            if (visit.whole and visit.began_ms >= first and (last is None or visit.began_ms < last)
                    and window.lot_id in (None, _whole(visit.lot)) and window.car_class in (None, visit.car_class)):
                yield visit


def _clocked(window: Window) -> Iterator[Visit]:
    rows = db.session.execute(Clocked(window).select(), execution_options={"yield_per": AT_ONCE})
    for step, phase, at, actual, unit, session, journey, lot, car_class, member in rows:
        took = round((took_seconds(step, actual, unit) or 0) * 1000)
        yield Visit(step, at - took, at, phase, journey, lot, car_class, whole=True, who=member or session or journey)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _whole(lot: str | None) -> int | None:
    return int(lot) if lot and lot.isascii() and lot.isdecimal() else None


def _pair(rows: Iterable[Any], reach_ms: int) -> Iterator[Visit]:
    open_visits: dict[tuple[str, str], Visit] = {}
    for step, phase, at, session, journey, lot, car_class, member in rows:
        for key in {session or journey, journey or session}:
            visit = open_visits.get((step, key))
            if phase == Phase.ENTERED:
                if visit is None or visit.ended_ms is not None or at - visit.began_ms > reach_ms:
                    open_visits[step, key] = Visit(step, at)
                    if visit is not None and visit.ended_ms is not None:
                        yield visit
            elif phase == Phase.ABANDONED:
                open_visits.pop((step, key), None)
            elif visit is not None and at - visit.began_ms <= reach_ms:
                visit.ended_ms, visit.phase, visit.journey_id, visit.lot, visit.car_class = at, phase, journey, lot, car_class
                visit.who = member or visit.who or session or journey
                visit.whole = key == (session or journey)
    yield from (visit for visit in open_visits.values() if visit.ended_ms is not None)


@dataclass(frozen=True, slots=True)
class Times:
    """How many visits, and within how many milliseconds half and nine in ten of them ended (nearest rank)."""

    n: int
    median_ms: int
    p90_ms: int


def times_of(lengths: list[int]) -> Times:
    """How long half and nine in ten of the sorted lengths (milliseconds) are."""
    n = len(lengths)
    return Times(n, lengths[(n + 1) // 2 - 1], lengths[(9 * n + 9) // 10 - 1])


def rounded(milliseconds: int) -> int:
    """To three significant digits: so exactly are lengths told, and so few different ones are there to count."""
    step: int = 10 ** max(len(str(milliseconds)) - 3, 0)
    return (milliseconds + step // 2) // step * step


def times_counted(lengths: Mapping[int, int]) -> Times | None:
    """The same of lengths and how often each was; None of none."""
    n = sum(lengths.values())
    return Times(n, _at(lengths, (n + 1) // 2), _at(lengths, (9 * n + 9) // 10)) if n else None


def _at(lengths: Mapping[int, int], rank: int) -> int:
    for length in sorted(lengths):
        rank -= lengths[length]
        if rank <= 0:
            return length
    raise ValueError("a rank beyond the last")


def lengths_of(found: Iterable[Visit]) -> dict[str, Counter[int]]:
    """By step how often each length was, rounded."""
    counted: dict[str, Counter[int]] = {}
    for visit in found:
        counted.setdefault(visit.step, Counter())[rounded(visit.milliseconds)] += 1
    return counted
