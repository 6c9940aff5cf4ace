"""What can be compared: each measure declared once, with its rows, its direction and the least that is worth naming."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from core.database import db
from experience.asks.models import Answer, Mood, Note
from experience.insight.contrast import Kind
from experience.insight.facts import Row
from experience.insight.measured import AT_MOST, CLOCKED, MEASURED, took_seconds
from experience.insight.surroundings import Surroundings, surroundings
from experience.insight.times import visits
from experience.insight.window import Window, fact
from experience.journey import Ask, Phase, Step
from experience.promises.kinds import State
from experience.promises.models import Promise
from experience.record.models import Event
from reservations.booking.models import Reservation, Status

EVERY_STEP = ""
ENDS = (Phase.SUCCEEDED, Phase.REFUSED, Phase.FAILED)
AT_ONCE = 5000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class End:
    """How a step ended once."""

    row: Row
    phase: str
    attempt: int
    expected: float | None
    actual: float | None
    took: float | None = None  # seconds


@dataclass
class Material:
    """What happened in a time, read once: every kind of row is one query, whoever asks for it and however often."""

    since: datetime
    until: datetime
    steps: tuple[Step, ...] = tuple(Step)

    @property
    def window(self) -> Window:
        return Window(self.since, until=self.until)

    @cached_property
    def around(self) -> Surroundings:
        return surroundings(self.since)

    @cached_property
    def ends(self) -> dict[str, list[End]]:
        """How steps ended for members and visitors, by step."""
        found: dict[str, list[End]] = defaultdict(list)
        query = (
            select(Event.step, Event.phase, Event.time, Event.member_pid, Event.session_id, Event.journey_id, Event.attempt,
                   Event.expected, Event.actual, Event.unit, fact(Event.facts, "car_id"), fact(Event.facts, "lot_id"),
                   fact(Event.facts, "plan"))
            .where(Event.step.in_([str(step) for step in self.steps]), *self.window.spans(Event.time),
                   Event.phase.in_([str(phase) for phase in ENDS]), Event.actor != "staff"))
        for step, phase, at, member, session, trip, attempt, expected, actual, unit, car, lot, plan in db.session.execute(
                query, execution_options={"yield_per": AT_ONCE}):
            who = member or session
            if who is not None:
                found[step].append(End(Row(who, 0.0, at, trip, _whole(car), _whole(lot), plan), phase, attempt, expected,
                                       actual, took_seconds(step, actual, unit)))
        return found

    @cached_property
    def times(self) -> dict[str, list[Row]]:
        """Seconds from opening a step to its last answer, by step."""
        found: dict[str, list[Row]] = defaultdict(list)
        window = replace(self.window, step=self.steps[0] if len(self.steps) == 1 else None)
        for visit in visits(window):
            found[visit.step].append(Row(visit.who, visit.milliseconds / 1000, visit.ended_at, visit.journey_id))
        return found

    @cached_property
    def promises(self) -> dict[str, list[Row]]:
        """Settled promises by step: 1 kept, 0 broken; what was waived is nobody's doing and not counted."""
        found: dict[str, list[Row]] = defaultdict(list)
        for step, state, at, member_id, trip in db.session.execute(
                select(Promise.step, Promise.state, Promise.settled_at, Promise.member_id, Promise.reservation_id)
                .where(*self.window.spans(Promise.settled_at),
                       Promise.state.in_([str(State.KEPT), str(State.BROKEN)]))):
            row = Row(member_id, float(state == State.KEPT), at, trip)
            found[step].append(row)
            found[EVERY_STEP].append(row)
        return found

    @cached_property
    def notes(self) -> dict[str, list[Row]]:
        """Notes of members by step: 1 when the mood was bad."""
        found: dict[str, list[Row]] = defaultdict(list)
        for step, mood, at, member_id, trip, car, lot, plan in db.session.execute(
                select(Note.step, Note.mood, Note.at, Note.member_id, Note.reservation_id, fact(Note.facts, "car_id"),
                       fact(Note.facts, "lot_id"), fact(Note.facts, "plan"))
                .where(*self.window.spans(Note.at), Note.member_id.is_not(None))):
            row = Row(member_id, float(mood == Mood.BAD), at, trip, _whole(car), _whole(lot), plan)
            found[step].append(row)
            found[EVERY_STEP].append(row)
        return found

    @cached_property
    def answers(self) -> dict[tuple[str, str], list[Row]]:
        """Answers by metric and step."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for metric, step, value, at, member_id, trip in db.session.execute(
                select(Answer.metric, Answer.step, Answer.value, Answer.at, Answer.member_id, Answer.reservation_id)
                .where(*self.window.spans(Answer.at))):
            found[metric, step].append(Row(member_id, float(value), at, trip))
        return found

    @cached_property
    def trips(self) -> list[Row]:
        """Trips that ended, each with how often its member turned to us about it."""
        contacts: dict[int, int] = defaultdict(int)
        for table in (Note.__table__, db.metadata.tables["conversations"]):  # help stands above us: its table by name
            counted = (select(table.c.reservation_id, func.count()).join(
                Reservation, Reservation.id == table.c.reservation_id)
                .where(*self.window.spans(Reservation.ends_at)).group_by(table.c.reservation_id))
            for trip, n in db.session.execute(counted):
                contacts[trip] += n
        ended = select(Reservation.id, Reservation.member_id, Reservation.ends_at).where(
            Reservation.status == Status.RETURNED, *self.window.spans(Reservation.ends_at))
        return [Row(member_id, float(contacts[trip]), at, trip) for trip, member_id, at in db.session.execute(ended)]


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None


Rows = Callable[[Material, Step], Iterator[Row]]  # of a step; promises and notes also of EVERY_STEP


@dataclass(frozen=True, slots=True)
class Measure:
    """`worse` is the sign of a difference for the worse; `least` the smallest that is worth naming (as the values are,
    for times as a share of the typical one). `quantile`: this quantile is compared, not the mean.
    """

    key: str
    label: Any
    unit: str  # percent | seconds | points | score | count
    kind: Kind
    worse: int
    least: float
    rows: Rows
    steps: tuple[Step, ...] = tuple(Step)
    quantile: float | None = None


def _ended(value: Callable[[End], float | None]) -> Rows:
    def rows(material: Material, step: Step) -> Iterator[Row]:
        for end in material.ends[step]:
            worth = value(end)
            if worth is not None:
                yield replace(end.row, value=worth)
    return rows


def _missed(material: Material, step: Step) -> Iterator[Row]:
    good = MEASURED[step]
    for end in material.ends[step]:
        if end.phase == Phase.FAILED and good == AT_MOST:
            yield replace(end.row, value=1.0)  # what never came was not in time either
        elif end.actual is not None and end.expected is not None:
            yield replace(end.row, value=float((end.actual - end.expected) * good < 0))


def _answered(metric: Ask, worth: Callable[[float], float] = float) -> Rows:
    def rows(material: Material, step: Step) -> Iterator[Row]:
        for row in material.answers[str(metric), str(step)]:
            yield replace(row, value=worth(row.value))
    return rows


def _score(value: float) -> float:
    """Promoters 9 and 10, detractors up to 6."""
    return 1.0 if value >= 9 else -1.0 if value <= 6 else 0.0


def _took(material: Material, step: Step) -> Iterator[Row]:
    """Seconds until the car, the mail or the money was there, where that is measured; else the stay in the step."""
    if step in CLOCKED:
        yield from (replace(end.row, value=end.took) for end in material.ends[step] if end.took is not None)
    else:
        yield from material.times[step]


def _contacts(material: Material, _step: Step) -> Iterator[Row]:
    yield from material.trips


MEASURES: dict[str, Measure] = {measure.key: measure for measure in (
    Measure("stopped", _l("Refused or failed"), "percent", Kind.SHARE, 1, 0.03,
            _ended(lambda end: float(end.phase != Phase.SUCCEEDED))),
    Measure("missed", _l("Measured below what is promised"), "percent", Kind.SHARE, 1, 0.03, _missed, tuple(MEASURED)),
    Measure("kept", _l("Promises kept"), "percent", Kind.SHARE, -1, 0.03, lambda material, step: iter(material.promises[step])),
    Measure("typical", _l("Typical time (half within)"), "seconds", Kind.MEAN, 1, 0.2, _took, quantile=0.5),
    Measure("slow", _l("Long time (9 in 10 within)"), "seconds", Kind.MEAN, 1, 0.2, _took, quantile=0.9),
    Measure("tries", _l("Tries"), "points", Kind.MEAN, 1, 0.1, _ended(
        lambda end: float(end.attempt) if end.phase == Phase.SUCCEEDED else None)),
    Measure("ease", _l("Ease (1 to 7)"), "points", Kind.MEAN, -1, 0.3, _answered(Ask.EASE)),
    Measure("satisfaction", _l("Satisfaction (1 to 5)"), "points", Kind.MEAN, -1, 0.2, _answered(Ask.SATISFACTION)),
    Measure("expectation", _l("Against expectation (1 to 5)"), "points", Kind.MEAN, -1, 0.2, _answered(Ask.EXPECTATION)),
    Measure("recommend", _l("Recommendation (NPS)"), "score", Kind.NPS, -1, 0.1, _answered(Ask.RECOMMEND, _score)),
    Measure("verify", _l("One-tap check: yes"), "percent", Kind.SHARE, -1, 0.05, _answered(Ask.VERIFY)),
    Measure("mood", _l("Notes in a bad mood"), "percent", Kind.SHARE, 1, 0.1,
            lambda material, step: iter(material.notes[step])),
    Measure("contacts", _l("Contacts a trip"), "count", Kind.MEAN, 1, 0.05, _contacts, (Step.HELP_CONTACT,)),
)}

LOOK_BACK = timedelta(days=28)
