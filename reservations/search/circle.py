"""The cars of a circle, by one index of class, band of latitude and longitude: what every search for cars around a point reads.

A band is a fiftieth of a degree. Within one band and class the index is in order of longitude, so that each band costs one
probe and what lies beside the circle is not looked at, in a village as in a metropolis (docs/benchmarks.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, bindparam, literal, select

from fleet.cars.models import BANDS, Car, CarClass, CarModel, CarState
from fleet.lots.models import Lot
from reservations.search.plane import Plane

CARS, MODELS, LOTS = Car.__table__.c, CarModel.__table__.c, Lot.__table__.c  # plain columns: rows of theirs cost the least
CLASSES = tuple(str(one) for one in CarClass)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the car must be; empty means that anything will do."""

    car_classes: tuple[str, ...] = ()
    fuels: tuple[str, ...] = ()
    seats: int = 0
    features: tuple[str, ...] = ()
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around a point, `radius_m` metres wide to each side."""

    plane: Plane
    radius_m: float

    @property
    def bands(self) -> range:
        """Every band it touches; one more at the end, because one database cuts off what the other rounds."""
        south, north, _west, _east = self.plane.box(self.radius_m)
        return range(math.floor((south + 90) * BANDS), math.floor((north + 90) * BANDS) + 2)

    def values(self, filters: Filters) -> dict[str, Any]:
        """What `cars_in()` asks for."""
        _south, _north, west, east = self.plane.box(self.radius_m)
        plane = self.plane
        named = {f"band_{place}": band for place, band in enumerate(self.bands)}
        named |= {f"class_{place}": each for place, each in enumerate(filters.car_classes or CLASSES)}
        return named | {"lat": plane.lat, "lng": plane.lng, "north": plane.north, "north_on": plane.north_on,
                        "east": plane.east, "east_on": plane.east_on, "west_edge": west, "east_edge": east,
                        "squared": self.radius_m * self.radius_m}


@lru_cache(maxsize=256)
def cars_in(bands: int, filters: Filters) -> Select[tuple[int, float]]:
    """The ids of the cars in service in a circle that touches so many bands, and how far away each is, in squared metres.

    Its values are named as `Circle.values()` names them.
    """
    squared = squared_metres()
    query = select(CARS.id, squared).where(
        CARS.car_class.in_([bindparam(f"class_{place}") for place in range(len(filters.car_classes or CLASSES))]),
        CARS.lat_band.in_([bindparam(f"band_{place}") for place in range(bands)]),
        CARS.lng.between(bindparam("west_edge"), bindparam("east_edge")), squared.element <= bindparam("squared"),
        CARS.state != CarState.RETIRED)
    if filters.fuels or filters.seats:
        query = query.join(CarModel.__table__, MODELS.id == CARS.model_id).where(*_of_model(filters))
    if filters.access:
        query = query.join(Lot.__table__, LOTS.id == CARS.lot_id).where(LOTS.access.in_(filters.access))
    return query.where(*(_has(feature) for feature in filters.features))


def squared_metres() -> Label[float]:
    """The column of the distance, by the circle's values."""
    plane = Plane(*(bindparam(name) for name in ("lat", "lng", "north", "north_on", "east", "east_on")))  # type: ignore[arg-type]
    return plane.squared(CARS.lat, CARS.lng).label("squared_metres")  # type: ignore[no-any-return]


def _of_model(filters: Filters) -> Sequence[ColumnElement[bool]]:
    return [*([MODELS.fuel.in_(filters.fuels)] if filters.fuels else ()),
            *([MODELS.seats >= filters.seats] if filters.seats else ())]


def _has(feature: str) -> ColumnElement[bool]:
    """Features are words of one column, with a blank between."""
    return (literal(" ") + CARS.features + " ").contains(f" {feature} ", autoescape=True)
