"""How long members stay in a step: from opening it to the last answer they got before opening it anew.

One query streams the window's events and one pass pairs them: with window functions SQLite took seven times as long.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any

from sqlalchemy import Select, and_, or_, select, true

from core.database import db
from experience.insight.epoch import epoch_ms
from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.record.models import Event

AT_ONCE = 5000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Lived:
    """What bounds visits, step by step in order of time: phase, at (ms), session, journey, asked for?, member."""

    window: Window

    def select(self) -> Select[Any]:
        fitting = self.window.fitting()
        return (
            select(Event.step, Event.phase, epoch_ms(Event.time), Event.session_id, Event.journey_id,
                   and_(*fitting) if fitting else true(), Event.member_pid)
            .where(*self.window.recent(), Event.phase != Phase.UNDONE,
                   or_(Event.session_id.is_not(None), Event.journey_id.is_not(None)))
            .order_by(Event.step, Event.time, Event.id)  # the order of the index on step and time
        )


@dataclass(slots=True)
class Visit:
    """A stay in a step, from `began_ms` on; `ended_ms`, `phase` and `journey_id` are those of its last end so far."""

    step: str
    began_ms: int
    ended_ms: int | None = None
    phase: str = ""
    journey_id: str | None = None
    wanted: bool = False
    who: Hashable = None  # the member's random id, or the session of a visitor

    @property
    def milliseconds(self) -> int:
        return (self.ended_ms or self.began_ms) - self.began_ms

    @property
    def ended_at(self) -> datetime:
        return datetime.fromtimestamp((self.ended_ms or self.began_ms) / 1000, UTC)


def visits(window: Window) -> Iterator[Visit]:
    """Every finished visit that is asked for.

    A visit begins with `entered` after anything but `entered`, and ends with the last end before the next `entered`.
    An end belongs to its session; one that was given outside of any (by a car, by a job) to its journey. A visit that
    was abandoned has no length. The window's lot and class are those of the end: pages do not know them all.
    """
    rows = db.session.execute(Lived(window).select(), execution_options={"yield_per": AT_ONCE})
    return (visit for visit in _pair(rows) if visit.wanted)


def _pair(rows: Iterable[Any]) -> Iterator[Visit]:
    open_visits: dict[tuple[str, str], Visit] = {}
    for step, phase, at, session, journey, asked_for, member in rows:
        keys = {session or journey, journey or session}
        for key in keys:
            visit = open_visits.get((step, key))
            if phase == Phase.ENTERED:
                if visit is None or visit.ended_ms is not None:
                    open_visits[step, key] = Visit(step, at)
                    if visit is not None:
                        yield visit
            elif phase == Phase.ABANDONED:
                open_visits.pop((step, key), None)
            elif visit is not None:
                visit.ended_ms, visit.phase, visit.journey_id = at, phase, journey
                visit.who = member or visit.who or session or journey
                visit.wanted = bool(asked_for) and key == (session or journey)
    yield from (visit for visit in open_visits.values() if visit.ended_ms is not None)


@dataclass(frozen=True, slots=True)
class Times:
    """How many visits, and within how many milliseconds half and nine in ten of them ended (nearest rank)."""

    n: int
    median_ms: int
    p90_ms: int


def times_in_step(window: Window) -> dict[str, Times]:
    """The times of every step that has finished visits."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for visit in visits(window):
        lengths[visit.step].append(visit.milliseconds)
    return {step: times_of(sorted(each)) for step, each in lengths.items()}


def times_of(lengths: list[int]) -> Times:
    """How long half and nine in ten of the sorted lengths (milliseconds) are."""
    n = len(lengths)
    return Times(n, lengths[(n + 1) // 2 - 1], lengths[(9 * n + 9) // 10 - 1])


def slowest_visits(step: Step, window: Window, limit: int = 10) -> list[Visit]:
    """The longest visits to one step."""
    return nlargest(limit, visits(replace(window, step=step)), key=lambda visit: visit.milliseconds)
