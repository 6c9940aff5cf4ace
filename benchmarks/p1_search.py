"""P1: the nearest 20 free cars of a class within 5 km, against fetching those same rows by their keys.

Every answer is compared with what looking at every car of the class finds.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select

from benchmarks.bulk import Scale
from benchmarks.measure import Ask, Pairs, Result, in_turn
from benchmarks.places import Place, forget_cache, place, worked
from core.database import db
from core.time import Span
from fleet.calendar.models import Occupancy
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car, CarClass, CarState
from fleet.cars.rows import CarRow, car_columns, car_row, cars_with_all
from fleet.tariffs.in_force import policies_at
from reservations.search.circle import Filters
from reservations.search.nearest_free import FreeCar, NearestFree
from reservations.search.plane import plane_at

WANTED, RADIUS_M, HOURS = 20, 5000.0, 3
LOOKED_THROUGH = 12  # answers compared with every car's, of each run
_CARS = Car.__table__
_BY_KEY: Select[Any] = select(*car_columns()).select_from(cars_with_all(_CARS)).where(
    _CARS.c.id.in_([bindparam(f"car_{number}") for number in range(WANTED)]))


class WrongAnswer(AssertionError):
    """A search found other cars than looking at every car does."""


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale) as there, there.app().app_context():
        pairs = searched(there, ask.scale, ask.rounds)
    says = "nearest 20 free of a class in 5 km / the same rows by key"
    return [pairs.result(ask, "P1", "p1_p50", says), *pairs.p95(ask, "P1", "p1_p95", says)]


def searched(there: Place, scale: Scale, rounds: int) -> Pairs:
    """Search and fetch in turn, somewhere else each time."""
    wishes = Wishes(there, scale)
    answer: list[FreeCar] = []

    def search() -> None:
        answer[:] = wishes.asked.all()

    def anew() -> None:
        forget_cache()
        if not answer or wishes.served:
            wishes.next()
            answer[:] = wishes.asked.all()  # to know which rows the floor has to fetch
            forget_cache()
        wishes.served = not wishes.served

    wishes.served = True
    pairs = in_turn(rounds, lambda: by_key(answer), search, anew, worked())
    for _ in range(LOOKED_THROUGH):
        wishes.next()
        compare(wishes.asked, wishes.asked.all())
    return pairs


@dataclass
class Wishes:
    """Searches at random places and times, the same for the same scale."""

    there: Place
    scale: Scale
    served: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(11)  # noqa: S311 - places on a map
        self.inner = replace(self.scale, kilometres=max(self.scale.kilometres - 10, self.scale.kilometres / 5))
        self.policies = policies_at(self.there.base)
        self.next()

    def next(self) -> None:
        """Wish for something else; the edge of the square is left out, where half a circle is empty."""
        start = self.there.base + timedelta(hours=self.dice.randrange(24, 300))
        self.asked = NearestFree(*self.inner.somewhere(self.dice), RADIUS_M, Span(start, start + timedelta(hours=HOURS)),
                                 self.policies, Filters((str(self.dice.choice(list(CarClass))),)), WANTED)


def by_key(answer: list[FreeCar]) -> list[CarRow]:
    """The floor: the rows of an answer that is known already, through the same layers."""
    ids = [free.car.id for free in answer]
    rows = db.session.connection().execute(
        _BY_KEY, {f"car_{number}": ids[number] if number < len(ids) else 0 for number in range(WANTED)})
    return [car_row(row) for row in rows]


def compare(asked: NearestFree, found: list[FreeCar]) -> None:
    """Look at every car of the class and every span that could be in the way. Raises WrongAnswer."""
    plane, wanted, spans = plane_at(asked.lat, asked.lng), [], defaultdict(list)
    south, north, west, east = plane.box(asked.radius_m * 1.1)
    cars = list(db.session.execute(select(*car_columns()).select_from(cars_with_all(_CARS)).where(
        _CARS.c.state != CarState.RETIRED, _CARS.c.lat.between(south, north), _CARS.c.lng.between(west, east))))
    near = [(round(plane.metres(car.lat, car.lng), 6), car) for car in map(car_row, cars)
            if car.car_class in asked.filters.car_classes]
    near = [each for each in near if each[0] <= asked.radius_m]
    for car_id, start, end in db.session.execute(select(Occupancy.car_id, Occupancy.starts_at, Occupancy.ends_at).where(
            Occupancy.car_id.in_([car.id for _, car in near]))):
        spans[car_id].append((start, end))
    for metres, car in near:
        end_of_need = asked.wish.end + turnaround_of(car, asked.policies)  # type: ignore[arg-type]
        if not any(start < end_of_need and end > asked.wish.start for start, end in spans[car.id]):
            wanted.append((metres, car.id))
    got = [(round(free.metres, 6), free.car.id) for free in found]
    if got != sorted(wanted)[:asked.most]:
        raise WrongAnswer(f"{asked} found {got} instead of {sorted(wanted)[:asked.most]}")
