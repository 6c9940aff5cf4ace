"""A database with members and cars, and the racers over it, as tests see them."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select, text

from core.database import db, transaction
from core.time import Span
from experience.record.models import Event
from fleet.calendar.hold import SQLITE_TRIGGERS
from fleet.calendar.models import Occupancy
from fleet.calendar.turnaround import with_turnaround
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Reservation
from tests.conftest import SOAK
from tests.factories import NOON, hours

ROOT = Path(__file__).parents[2]
PROCESSES = 4
MEMBERS = 64 if SOAK else 8
ROUNDS = 30 if SOAK else 3
Wish = list[Any]


class Stable:
    """The process that the racers come from (tests/races/stable.py)."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "tests.races.stable"], env=environ, text=True, cwd=ROOT,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n"

    def order(self, **order: Any) -> Any:
        """Have an order carried out."""
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of somebody's wish."""

    who: int
    deed: str
    outcome: str
    id: int | None


class Answers(list[Answer]):
    """What became of all wishes of a round."""

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(answer.outcome for answer in self)

    def of(self, deed: str) -> Counter[str]:
        """What became of those who wished for one deed."""
        return Counter(answer.outcome for answer in self if answer.deed == deed)

    @property
    def done(self) -> list[int]:
        """The reservations of those who won."""
        return [answer.id for answer in self if answer.outcome == "done"]


@dataclass
class Track:
    """A database, its members and cars, and the processes that race over it."""

    app: Flask
    environ: dict[str, str]
    stable: Stable
    members: list[int]
    cars: list[int]
    days: dict[int, timedelta] = field(default_factory=dict)  # of each car the day that it was last taken for a test
    keys: Iterator[int] = field(default_factory=count)
    steps_without: int = 0  # bookings that are told of and are not there, since a transaction was last left out
    faults: int = 0  # steps that failed by then
    spoiled: int = 0  # the last reservation that was made without a guard: what came before is not looked at any more

    def race(self, wishes: list[Wish]) -> Answers:
        """Let all wishes start at the same moment, spread over the processes."""
        answers = Answers(Answer(*told) for told in self.stable.order(race=wishes))
        assert len(answers) == len(wishes)
        db.session.rollback()
        return answers

    def books(self, member: int, car: int, span: Span, once: str | None = None) -> Wish:
        """The wish to book a car, with a form of its own."""
        return [member, "book", car, span.start.timestamp(), span.end.timestamp(), once or self.key()]

    def changes(self, member: int, reservation: int, car: int, span: Span, once: str | None = None) -> Wish:
        """The wish to give a booking another car or span, with a form of its own."""
        return [member, "change", reservation, car, span.start.timestamp(), span.end.timestamp(), once or self.key()]

    def all_book(self, spans: Iterable[Span], cars: list[int]) -> list[Wish]:
        """One wish for each member."""
        spans = list(spans)
        return [self.books(member, cars[n % len(cars)], spans[n % len(spans)]) for n, member in enumerate(self.members)]

    def booked(self, member: int, car: int, span: Span) -> int:
        """A booking that is there before a race begins."""
        (made,) = self.race([self.books(member, car, span)])
        assert made.outcome == "done", made
        return made.id

    def key(self) -> str:
        """A form's key that nobody used before."""
        return f"form-{next(self.keys)}"

    def killed(self, wish: Wish, at: float | int | str, *, apart: bool = False) -> bool:
        """Carry out a wish in a process that is killed at that point; whether it was killed before it was through."""
        died = self.stable.order(kill=wish, at=at, apart=apart)
        db.session.rollback()
        return bool(died)

    def __post_init__(self) -> None:
        self.fresh = self._fresh()

    def _fresh(self) -> Iterator[tuple[int, timedelta]]:
        """Cars, each with a day on which it is free from noon on, as a distance from tomorrow. No two are alike."""
        for lap in count():
            for car in self.cars:
                self.days[car] = timedelta(days=2 * lap)
                yield car, self.days[car]

    def calendar(self, car: int) -> list[Occupancy]:
        """What the calendar says of a car from the day on that a test has it for, until it is another one's, in order."""
        db.session.rollback()
        day = on(self.days[car], 0, 48)
        return list(db.session.scalars(select(Occupancy).where(
            Occupancy.car_id == car, Occupancy.starts_at >= day.start, Occupancy.starts_at < day.end)
            .order_by(Occupancy.starts_at)))

    def held(self, car: int) -> list[Span]:
        """The same as spans."""
        return [row.span for row in self.calendar(car)]

    def whole(self, car: int, span: Span) -> Span:
        """A span with the turnaround that the car needs after it."""
        return with_turnaround(db.session.get_one(Car, car), span, policies_at(NOON))


def reservation(number: int) -> Reservation:
    """A reservation as it stands now."""
    db.session.rollback()
    return db.session.get_one(Reservation, number, populate_existing=True)


def rows() -> dict[str, int]:
    """How many rows each table has."""
    tables = sorted(db.metadata.tables)
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)  # noqa: S608 - our own names
    db.session.rollback()
    return dict(db.session.execute(text(counts)).all())


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many rows were added to each table that is not as it was."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@contextmanager
def spoiled(track: Track) -> Iterator[None]:
    """What is booked in the block is not looked at afterwards, and the calendar is empty then."""
    try:
        yield
    finally:
        db.session.rollback()
        with transaction():
            track.spoiled = db.session.scalar(select(func.max(Reservation.id)))
            db.session.execute(delete(Occupancy))
        track.steps_without, track.faults = steps_without(), faults()


@contextmanager
def unguarded(track: Track) -> Iterator[None]:
    """Without the constraint that a car has one driver at a time, and nothing else."""
    postgresql = db.engine.dialect.name == "postgresql"
    with transaction():
        db.session.execute(text("ALTER TABLE occupancies DROP CONSTRAINT one_driver_at_a_time" if postgresql
                                else "DROP TRIGGER one_driver_at_a_time"))
    try:
        with spoiled(track):
            yield
    finally:
        with transaction():
            db.session.execute(text(
                "ALTER TABLE occupancies ADD CONSTRAINT one_driver_at_a_time EXCLUDE USING gist "
                "(car_id WITH =, tstzrange(starts_at, ends_at) WITH &&)") if postgresql
                else SQLITE_TRIGGERS["one_driver_at_a_time"])


def steps_without() -> int:
    """How many more bookings were told to the log of steps than there are."""
    told = db.session.scalar(select(func.count()).select_from(Event).where(
        Event.step == "book.confirm", Event.phase == "succeeded"))
    return int(told or 0) - int(db.session.scalar(select(func.count(Reservation.id))) or 0)


def faults() -> int:
    """How many steps failed by a fault of ours."""
    return db.session.scalar(select(func.count()).select_from(Event).where(Event.phase == "failed")) or 0


def on(day: timedelta, start: float, end: float) -> Span:
    """A span in hours after noon of a day, which is a distance from tomorrow."""
    return hours(24 + start, 24 + end).shifted(day)
