"""Days of the city, counted once they are over, so that a page reads a few figures a day and not every event.

What is told of a window is the sum of its counted days and of the events around them: the same as from the events alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import nlargest
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, select

from core.database import db
from experience.insight.epoch import epoch_ms
from experience.insight.models import CountedDay, StepDay
from experience.insight.times import SHORT_STEPS, Visit, lengths_of, visits
from experience.insight.window import Window, fact
from experience.journey import STEPS, Step
from experience.record.models import Event
from portal.web.say import CITY_ZONE

DAY = timedelta(days=1)
MOST_LONGEST = 10  # visits that are kept of each step, day, lot and class
Place = tuple[str | None, str | None]


def begins(day: date) -> datetime:
    """The first instant of a day in the city."""
    return datetime.combine(day, time(), CITY_ZONE).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The day of the city that it is then."""
    return moment.astimezone(CITY_ZONE).date()


# What is told.

@dataclass(frozen=True, slots=True)
class Cut:
    """A window in two: days of the city that were counted, and the stretches around them, to be read as they are."""

    days: list[date]
    around: list[Window]


def cut(window: Window) -> Cut:
    """Every counted day that lies whole within the window, and what is left of it."""
    first = day_of(window.since) + (DAY if begins(day_of(window.since)) < window.since else timedelta())
    wanted = [CountedDay.day >= first]
    if window.until is not None:
        wanted.append(CountedDay.day < day_of(window.until))
    days = list(db.session.scalars(select(CountedDay.day).where(*wanted).order_by(CountedDay.day)))
    around, since = [], window.since
    for day in days:
        if since < begins(day):
            around.append(replace(window, since=since, until=begins(day)))
        since = begins(day + DAY)
    if window.until is None or since < window.until:
        around.append(replace(window, since=since))
    return Cut(days, around)


@dataclass(slots=True)
class Tally:
    """One step: how often each phase, and how often each length of a visit (milliseconds, rounded)."""

    phases: Counter[str]
    times: Counter[int]


def tally(window: Window) -> dict[str, Tally]:
    """Every step that anything happened at."""
    found: dict[str, Tally] = defaultdict(lambda: Tally(Counter(), Counter()))
    parts = cut(window)
    placed = window.lot_id is not None or window.car_class is not None
    for step, *kept in _kept(parts, window, *((StepDay.places,) if placed else (StepDay.phases, StepDay.times))):
        for phases, times in _of_place(kept[0], window) if placed else [kept]:
            found[step].phases.update(phases)
            found[step].times.update({int(length): n for length, n in times.items()})
    for part in parts.around:
        for step, phase, n in db.session.execute(PhaseCounts(part).select()):
            found[step].phases[phase] += n
        for step, lengths in lengths_of(visits(part)).items():
            found[step].times.update(lengths)
    for step, lengths in _long_times(parts, window):
        found[step].times.update(lengths)
    return found


def _long_times(parts: Cut, window: Window) -> Iterator[tuple[str, Counter[int]]]:
    """Visits that may last for days are few, and are read as they are: on counted days too."""
    for days in _runs(parts.days):
        for step in set(STEPS) - set(SHORT_STEPS):
            if window.step in (None, step):
                yield from lengths_of(visits(replace(window, since=begins(days[0]), until=begins(days[-1] + DAY),
                                                     step=step))).items()


def _runs(days: list[date]) -> Iterator[list[date]]:
    """Days that follow each other."""
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0] * DAY):
        yield [day for _, day in run]


def _of_place(places: list[list[Any]], window: Window) -> list[tuple[dict[str, int], dict[str, int]]]:
    return [(phases, times) for lot, car_class, phases, times in places
            if (window.lot_id is None or lot == str(window.lot_id)) and window.car_class in (None, car_class)]


def phases_by_place(step: Step, window: Window) -> dict[Place, Counter[str]]:
    """By lot and class; what names neither is left out."""
    found: dict[Place, Counter[str]] = defaultdict(Counter)
    window = replace(window, step=step)
    parts = cut(window)
    for _, places in _kept(parts, window, StepDay.places):
        for lot, car_class, phases, _times in places:
            if (window.lot_id is None or lot == str(window.lot_id)) and window.car_class in (None, car_class):
                found[lot, car_class].update(phases)
    for part in parts.around:
        for _, lot, car_class, phase, n in db.session.execute(PlaceCounts(part).select()):
            if lot is not None or car_class is not None:
                found[lot, car_class][phase] += n
    return found


def phases_by_day(step: Step, window: Window) -> dict[date, Counter[str]]:
    """By day of the city."""
    found: dict[date, Counter[str]] = defaultdict(Counter)
    window = replace(window, step=step)
    parts = cut(window)
    placed = window.lot_id is not None or window.car_class is not None
    for _, day, kept in _kept(parts, window, StepDay.day, StepDay.places if placed else StepDay.phases):
        for phases in [each for each, _times in _of_place(kept, window)] if placed else [kept]:
            found[day].update(phases)
    for part in parts.around:
        for at, phase in db.session.execute(select(epoch_ms(Event.time), Event.phase).where(*part.conditions())):
            found[datetime.fromtimestamp(at / 1000, CITY_ZONE).date()][phase] += 1
    return found


def slowest_visits(step: Step, window: Window, limit: int = MOST_LONGEST) -> list[Visit]:
    """The longest visits to one step; MOST_LONGEST at most."""
    window = replace(window, step=step)
    parts = cut(window)
    found = [Visit(str(step), ended - length, ended, phase, journey, lot, car_class)
             for _, longest in _kept(parts, window, StepDay.longest)
             for length, ended, phase, journey, lot, car_class in longest
             if (window.lot_id is None or lot == str(window.lot_id)) and window.car_class in (None, car_class)]
    stretches = parts.around
    if step not in SHORT_STEPS:
        found, stretches = [], [window]
    for part in stretches:
        found += nlargest(limit, visits(part), key=_length)
    return nlargest(limit, found, key=_length)


def _length(visit: Visit) -> int:
    return visit.milliseconds


def _kept(parts: Cut, window: Window, *columns: Any) -> Any:
    if not parts.days:
        return []
    query = select(StepDay.step, *columns).where(StepDay.day >= parts.days[0], StepDay.day <= parts.days[-1])
    if window.step is not None:
        query = query.where(StepDay.step == str(window.step))
    return db.session.execute(query)


@dataclass(frozen=True, slots=True)
class PhaseCounts:
    """How many events of each step and phase there are."""

    window: Window

    def select(self) -> Select[Any]:
        return (select(Event.step, Event.phase, func.count().label("n")).where(*self.window.conditions())
                .group_by(Event.step, Event.phase))


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """Events counted by step, lot, class and phase."""

    window: Window

    def select(self) -> Select[Any]:
        events = select(Event.step, fact(Event.facts, "lot_id").label("lot"), fact(Event.facts, "car_class").label("car_class"),
                        Event.phase).where(*self.window.conditions()).subquery()
        columns = (events.c.step, events.c.lot, events.c.car_class, events.c.phase)
        return select(*columns, func.count().label("n")).group_by(*columns)
