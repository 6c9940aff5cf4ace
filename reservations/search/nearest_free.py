"""The nearest cars that are free for a wish, and no more than are wanted: one query, mostly, however many cars there are.

It looks in rings: first in a circle that probably holds enough (census.py), then wider. Within a circle the database puts the
cars in order of distance by an index of class and place alone, and asks the calendar of one after the other, by one probe each,
until enough are free. What is in the way of a wish can only be the first span of a car that ends after the wish begins.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, literal_column, select, true

from core.database import UtcDateTime, db
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.models import Occupancy
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car
from fleet.cars.rows import WIDTH, CarRow, car_columns, car_row, cars_with_all
from fleet.tariffs.quote import Policies
from reservations.search.census import cars_per_km2
from reservations.search.circle import CARS, Circle, Filters, cars_in
from reservations.search.plane import Plane, plane_at

CANDIDATES = 3  # looked at for each car that is wanted: at most times more than a third of all cars is free
WIDER = (1.3, 3.0)  # times the radius, by how many were free: at least, at most
EVERY = 1_000_000_000
NEARLY_ALL = 0.6  # of the radius: a first circle that large is no saving


@dataclass(frozen=True, slots=True)
class FreeCar:
    """A car that is free, and how far away it stands, in metres as the crow flies."""

    car: CarRow
    metres: float


@dataclass(frozen=True)
class NearestFree:
    """The nearest `most` cars within `radius_m` of a point that fit the filters and are free for the whole wish and the
    turnaround after it, nearest first."""

    lat: float
    lng: float
    radius_m: float
    wish: Span
    policies: Policies
    filters: Filters = Filters()  # noqa: RUF009 - frozen
    most: int = 20

    def all(self) -> list[FreeCar]:
        plane = plane_at(self.lat, self.lng)
        radius, asked = self._first_radius(), self.most
        while True:
            rows = self._free_for_the_wish(plane, radius, asked)
            free = self._with_their_turnaround(rows)[:self.most]
            if len(free) == self.most or (radius >= self.radius_m and len(rows) < asked):
                return free
            if len(rows) == asked:
                asked *= 2  # turnarounds kept some of them back, and there may be more in this circle
            else:
                radius = min(radius * self._wider(len(free)), self.radius_m)

    def _first_radius(self) -> float:
        there = cars_per_km2(self.lat, self.lng, self.filters.car_classes)
        if not there:
            return self.radius_m
        radius = 1000 * math.sqrt(CANDIDATES * self.most / (math.pi * there))
        return radius if radius < NEARLY_ALL * self.radius_m else self.radius_m

    def _wider(self, found: int) -> float:
        """How many times as wide a circle should hold enough, when this one held so many."""
        least, most = WIDER
        return max(least, min(most, math.sqrt(1.5 * self.most / found))) if found else most

    def _free_for_the_wish(self, plane: Plane, radius: float, most: int) -> list[FreeCar]:
        circle = Circle(plane, radius)
        rows = db.session.connection().execute(
            _free_in(len(circle.bands), self.filters, most),
            circle.values(self.filters) | {"start": self.wish.start, "end": self.wish.end})
        return [FreeCar(car_row(row), math.sqrt(row[WIDTH])) for row in rows]

    def _with_their_turnaround(self, free: list[FreeCar]) -> list[FreeCar]:
        """Those after whose wish nobody wants the car before it is ready again: one read more, when any needs a turnaround."""
        needed = {each.car.id: turnaround_of(each.car, self.policies) for each in free}
        waiting = [car_id for car_id, turnaround in needed.items() if turnaround]
        if not waiting:
            return free
        after = Span(self.wish.end, self.wish.end + max(needed.values()))
        next_start = {car_id: spans[0].starts_at for car_id, spans in taken_spans(waiting, after).items() if spans}
        return [each for each in free if each.car.id not in next_start
                or next_start[each.car.id] >= self.wish.end + needed[each.car.id]]


@lru_cache(maxsize=256)
def _free_in(bands: int, filters: Filters, most: int) -> Select[Any]:
    """The nearest free cars of a circle, with all that a member sees of them.

    The limits within say more than they seem to. What has one is neither merged into the query around it nor asked beforehand
    on either database, so that the calendar is asked in order of distance and no more often than needed; and SQLite keeps the
    order of a query within another only when that has a limit. They are numbers in the text, because PostgreSQL plans once for
    all values.
    """
    near = cars_in(bands, filters).order_by("squared_metres", CARS.id).limit(_number(EVERY)).subquery("near")
    spans = Occupancy.__table__.c
    next_start = (select(spans.starts_at)
                  .where(spans.car_id == near.c.id, spans.ends_at > bindparam("start", type_=UtcDateTime))
                  .order_by(spans.ends_at).limit(_number(1)).scalar_subquery())
    free = (select(near.c.id, near.c.squared_metres)
            .where(func.coalesce(next_start >= bindparam("end", type_=UtcDateTime), true()))
            .limit(_number(most)).subquery("free"))
    found = cars_with_all(free.join(Car.__table__, CARS.id == free.c.id))
    return (select(*car_columns(), free.c.squared_metres).select_from(found)
            .order_by(free.c.squared_metres, free.c.id))


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)
