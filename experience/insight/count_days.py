"""Counting a day of the city once it is over: each step in figures that pages add up (experience/insight/days.py)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from heapq import nlargest
from typing import Any

from sqlalchemy import delete, func, insert, select

from core.database import db, rows_changed, take_turns, transaction
from core.ids import uuid7_at
from core.time import wall_now
from experience.insight.days import DAY, MOST_LONGEST, Place, PlaceCounts, begins, day_of
from experience.insight.models import CountedDay, StepDay
from experience.insight.times import REACH, SHORT_STEPS, Visit, lengths_of, rounded, visits
from experience.insight.window import Window
from experience.journey import STEPS
from experience.record.forget import STEPS_KEPT_MONTHS, months_before
from experience.record.models import Event

COMMIT_TAKES = timedelta(minutes=5)  # an event may be seen this long after its id was made
FEWEST = 10  # a count under this could be somebody, and does not outlive the events
MOST_AT_ONCE = 100  # days in one go of the worker


def count_days(now: datetime) -> int:
    """Count days that are over, the newest first, and those anew of which an event came late; how many that were."""
    at = wall_now()  # the same for all of them: what comes while they are counted is looked for next time
    put_aside_late(now)
    due = days_due(now)[:MOST_AT_ONCE]
    for day in due:
        count_day(day, at)
    _thin(months_before(now, STEPS_KEPT_MONTHS))
    return len(due)


def forget_counts() -> int:
    """Have every day counted anew from its events, as after a restore or in another zone; how many those are. Days whose
    events are forgotten stay as they were counted.
    """
    with transaction():
        take_turns("counted days")
        again = select(CountedDay.day).where(CountedDay.thinned.is_(False))
        db.session.execute(delete(StepDay).where(StepDay.day.in_(again)))
        return rows_changed(delete(CountedDay).where(CountedDay.thinned.is_(False)))


def put_aside_late(now: datetime) -> None:
    """Have the days counted anew that an event came late for: its own, and those of the visits that it may belong to.

    They are put aside at once, before any other day is counted and moves what counts as late: until it is their turn
    again they are read from their events.
    """
    with transaction():
        take_turns("counted days")
        kept = day_of(months_before(now, STEPS_KEPT_MONTHS))
        counted = {day: at for day, at in db.session.execute(
            select(CountedDay.day, CountedDay.counted_at).where(CountedDay.thinned.is_(False), CountedDay.day >= kept))}
        if not counted:
            return
        came = select(Event.time).where(Event.id > uuid7_at(max(counted.values()) - COMMIT_TAKES),
                                        Event.time < begins(max(counted) + DAY) + REACH)
        late = {day_of(at + by) for at in db.session.scalars(came) for by in (-REACH, timedelta(), REACH)} & counted.keys()
        if late:
            db.session.execute(delete(StepDay).where(StepDay.day.in_(late)))
            db.session.execute(delete(CountedDay).where(CountedDay.day.in_(late)))


def days_due(now: datetime) -> list[date]:
    """Days to be counted. A visit may still end some hours after its day, so the last one waits for that."""
    counted = set(db.session.scalars(select(CountedDay.day)))
    oldest = min((at for step in STEPS if (at := db.session.scalar(
        select(func.min(Event.time)).where(Event.step == str(step)))) is not None), default=None)
    if oldest is None:
        return []
    days, day, first = [], day_of(now - REACH) - DAY, max(oldest, months_before(now, STEPS_KEPT_MONTHS))
    while begins(day + DAY) > first:
        if day not in counted:
            days.append(day)
        day -= DAY
    return days


def count_day(day: date, at: datetime) -> None:
    """Count one day, or count it anew; `at`: when it was last looked for what came late."""
    rows = _figures(Window(begins(day), until=begins(day + DAY)))
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
                    for found in times.values()
                    for visit in nlargest(MOST_LONGEST, found, key=lambda visit: visit.milliseconds)],
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
                row.phases, row.times, row.places, row.longest = _many(row.phases), _many_each(row.times), [], []


def _many(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n >= FEWEST}


def _many_each(times: Mapping[str, int]) -> dict[str, int]:
    """Lengths put together with their neighbours until enough share each class, which is told by its mean."""
    classes: list[list[int]] = []
    for length, n in sorted((int(length), n) for length, n in times.items()):
        if not classes or classes[-1][1] >= FEWEST:
            classes.append([0, 0])
        classes[-1] = [classes[-1][0] + length * n, classes[-1][1] + n]
    if len(classes) > 1 and classes[-1][1] < FEWEST:
        rest = classes.pop()
        classes[-1] = [classes[-1][0] + rest[0], classes[-1][1] + rest[1]]
    return {str(rounded(whole // n)): n for whole, n in classes if n >= FEWEST}
