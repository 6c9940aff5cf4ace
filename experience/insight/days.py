"""Days of the city, counted once they are over, so that a page reads a few figures a day and not every event.

What is told of a window is the sum of its counted days and of the events around them: the same as from the events alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import nlargest
from itertools import groupby
from typing import Any

from sqlalchemy import Select, delete, func, insert, select

from core.database import db, take_turns, transaction
from core.ids import uuid7_at
from core.time import wall_now
from experience.insight.epoch import epoch_ms
from experience.insight.models import CountedDay, StepDay
from experience.insight.times import REACH, SHORT_STEPS, Visit, lengths_of, visits
from experience.insight.window import Window, fact
from experience.journey import STEPS, Step
from experience.record.forget import STEPS_KEPT_MONTHS, months_before
from experience.record.models import Event
from portal.web.say import CITY_ZONE

DAY = timedelta(days=1)
MOST_LONGEST = 10  # visits that are kept of each step, day, lot and class
COMMIT_TAKES = timedelta(minutes=5)  # an event may be seen this long after its id was made
FEWEST = 10  # a count under this could be somebody, and does not outlive the events
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


# How days are counted.

MOST_AT_ONCE = 100  # days in one go of the worker


def count_days(now: datetime) -> int:
    """Count days that are over, the newest first, and those anew of which an event came late; how many that were."""
    due = days_due(now)[:MOST_AT_ONCE]
    for day in due:
        count_day(day)
    _thin(months_before(now, STEPS_KEPT_MONTHS))
    return len(due)


def days_due(now: datetime) -> list[date]:
    """Days to be counted. A visit may still end some hours after its day, so the last one waits for that."""
    counted = set(db.session.scalars(select(CountedDay.day)))
    oldest = min((at for step in STEPS if (at := db.session.scalar(
        select(func.min(Event.time)).where(Event.step == str(step)))) is not None), default=None)
    if oldest is None:
        return []
    days, day = [], day_of(now - REACH) - DAY
    while begins(day + DAY) > oldest:
        if day not in counted:
            days.append(day)
        day -= DAY
    newest = db.session.scalar(select(func.max(CountedDay.counted_at)))
    if newest is not None:
        late = select(Event.time).where(Event.id > uuid7_at(newest - COMMIT_TAKES), Event.time < begins(max(counted) + DAY))
        days += sorted({day_of(at) for at in db.session.scalars(late)} & counted, reverse=True)
    return days


def count_day(day: date) -> None:
    """Count one day, or count it anew."""
    window, at = Window(begins(day), until=begins(day + DAY)), wall_now()
    rows = _figures(window)
    with transaction():
        take_turns("counted days")
        db.session.execute(delete(StepDay).where(StepDay.day == day))
        db.session.execute(delete(CountedDay).where(CountedDay.day == day))
        db.session.execute(insert(CountedDay), [{"day": day, "counted_at": at, "thinned": False}])
        if rows:
            db.session.execute(insert(StepDay), [row | {"day": day} for row in rows])


def _figures(window: Window) -> list[dict[str, Any]]:
    phases: dict[str, dict[Place, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    times: dict[str, dict[Place, list[Visit]]] = defaultdict(lambda: defaultdict(list))
    for step, lot, car_class, phase, n in db.session.execute(PlaceCounts(window).select()):
        phases[step][lot, car_class][phase] += n
    for visit in visits(window):
        if visit.step in SHORT_STEPS:
            times[visit.step][visit.lot, visit.car_class].append(visit)
    return [_row(step, phases[step], times[step]) for step in sorted(phases.keys() | times.keys())]


def _row(step: str, phases: Mapping[Place, Counter[str]], times: Mapping[Place, list[Visit]]) -> dict[str, Any]:
    lengths = {place: lengths_of(found)[step] for place, found in times.items()}
    places = sorted(phases.keys() | times.keys(), key=str)
    return {
        "step": step, "phases": _together(phases.values()), "times": _together(lengths.values()),
        "places": [[*place, phases.get(place, {}), lengths.get(place, {})] for place in places if place != (None, None)],
        "longest": [[visit.milliseconds, visit.ended_ms, visit.phase, visit.journey_id, visit.lot, visit.car_class]
                    for found in times.values() for visit in nlargest(MOST_LONGEST, found, key=_length)],
    }


def _together(counters: Iterable[Counter[Any]]) -> Counter[Any]:
    whole: Counter[Any] = Counter()
    for each in counters:
        whole.update(each)
    return whole


def _thin(before: datetime) -> None:
    """Of days whose events are forgotten keep what is nobody: no places, no single visits, no count under ten."""
    old = db.session.scalars(select(CountedDay).where(CountedDay.day < day_of(before), CountedDay.thinned.is_(False))).all()
    if not old:
        return
    with transaction():
        for day in old:
            day.thinned = True
            for row in db.session.scalars(select(StepDay).where(StepDay.day == day.day)):
                row.phases, row.places, row.longest = _many(row.phases), [], []
                row.times = row.times if sum(row.times.values()) >= FEWEST else {}


def _many(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n >= FEWEST}
