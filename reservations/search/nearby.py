"""Which cars are near a point, nearest first, and no more of them than are wanted.

Who wants only so many is answered in rings: first from a circle that probably holds enough (census.py), then from a wider one,
then from the whole. The database puts a circle's cars in order and cuts, so that what is read does not grow with the fleet.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, or_, select

from core.database import db
from fleet.cars.models import Car
from fleet.cars.rows import car_columns, car_rows, cars_with_all
from reservations.search.census import cars_per_km2
from reservations.search.circle import CARS, Circle, Filters, cars_in, squared_metres
from reservations.search.plane import Plane, plane_at

__all__ = ["LOOKED_AT", "Filters", "Nearby", "NearbyCars"]

LOOKED_AT = 200  # cars, the nearest: what a search or a page of alternatives chooses from
SPARE = 1.5  # times as many cars as are wanted should be in a ring
NEARLY_ALL = 0.6  # of the radius: a ring that large is no saving
WIDEST_STEP = 3.0  # times the radius, from the first ring to the second
ALIKE = 1e-12  # of a distance: how exactly a place in a list is found again


@dataclass(frozen=True, slots=True)
class Nearby:
    """A car and how far away it stands, in metres as the crow flies."""

    car: Car
    metres: float


@dataclass(frozen=True)
class NearbyCars:
    """Cars in service within `radius_m` of a point that fit the filters, nearest first.

    `most`: no more than that many. `after`: only those behind a place in the list, in metres and the car's id. `ids`, `lots`:
    only those cars, or cars of those lots.
    """

    lat: float
    lng: float
    radius_m: float
    filters: Filters = Filters()  # noqa: RUF009 - frozen
    most: int | None = None
    after: tuple[float, int] | None = None
    ids: Collection[int] | None = None
    lots: Collection[int] = ()

    def all(self) -> list[Nearby]:
        """The cars themselves: one read, mostly, and three at most."""
        def read(circle: Circle, near: "_Near") -> list[Nearby]:
            found = db.session.scalars(
                select(Car).join(near.ids, near.ids.c.id == Car.id), circle.values(self.filters)).unique()
            return [Nearby(car, circle.plane.metres(car.lat, car.lng)) for car in found]
        return self._ring_by_ring(read)

    def rows(self) -> list[Nearby]:
        """The same, with plain rows in the shape of cars (fleet/cars/rows.py): for reckoning, at a tenth of the cost."""
        def read(circle: Circle, near: "_Near") -> list[Nearby]:
            found = car_rows(db.session.connection().execute(near.rows, circle.values(self.filters)))
            return [Nearby(cast(Car, car), circle.plane.metres(car.lat, car.lng)) for car in found]
        return self._ring_by_ring(read)

    @cached_property
    def _plane(self) -> Plane:
        return plane_at(self.lat, self.lng)

    def _ring_by_ring(self, read: Any) -> list[Nearby]:
        found: list[Nearby] = []
        for radius in self._rings():
            circle = Circle(self._plane, radius)
            found = read(circle, self._nearest_in(circle))
            if self.most is not None and len(found) == self.most:
                break
        return sorted(found, key=lambda each: (each.metres, each.car.id))

    def _rings(self) -> list[float]:
        """One circle that should hold enough, one that surely should, and all; only all for whoever wants all."""
        there = cars_per_km2(self.lat, self.lng, self.filters.car_classes) if self.most and self.ids is None else 0
        if not there or self.most is None:
            return [self.radius_m]
        begins = self.after[0] if self.after else 0.0
        first = math.sqrt(begins * begins + SPARE * self.most * 1e6 / (math.pi * there))
        return [*(ring for ring in (first, first * WIDEST_STEP) if ring < NEARLY_ALL * self.radius_m), self.radius_m]

    def _nearest_in(self, circle: Circle) -> "_Near":
        if self.after is None and self.ids is None:
            return _nearest(len(circle.bands), self.filters, self.most)
        return _Near(cars_in(len(circle.bands), self.filters).where(*self._behind(), *self._among()), self.most)

    def _behind(self) -> list[ColumnElement[bool]]:
        if self.after is None:
            return []
        metres, car_id = self.after
        least, most = (metres * metres * (1 - ALIKE), metres * metres * (1 + ALIKE))
        squared = squared_metres().element
        return [or_(squared > most, and_(squared >= least, CARS.id > car_id))]

    def _among(self) -> list[ColumnElement[bool]]:
        return [] if self.ids is None else [or_(CARS.id.in_(self.ids), CARS.lot_id.in_(self.lots))]


class _Near:
    """The statements for the `most` nearest cars of a circle: of their ids, and of plain rows."""

    def __init__(self, cars: Select[tuple[int, float]], most: int | None) -> None:
        self.ids = (cars if most is None else cars.order_by("squared_metres", CARS.id).limit(most)).subquery()

    @cached_property
    def rows(self) -> Select[Any]:
        return select(*car_columns()).select_from(cars_with_all(self.ids.join(Car.__table__, CARS.id == self.ids.c.id)))


@lru_cache(maxsize=256)
def _nearest(bands: int, filters: Filters, most: int | None) -> _Near:
    """Built once for all who ask the same: putting a statement together costs more than running it."""
    return _Near(cars_in(bands, filters), most)
