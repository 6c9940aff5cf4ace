"""Cars as plain rows, for reads of many at once: what a member sees of a car, in the shape of `Car`, without a life of its own.

Loading one as an entity with its lot, model and bay takes ten times as long.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause

from fleet.cars.models import Car, CarModel
from fleet.cars.shape import CarShape
from fleet.lots.models import Bay, Lot

zone_of = lru_cache(maxsize=64)(ZoneInfo)


class ModelRow(NamedTuple):
    """What all cars of a model share."""

    id: int
    make: str
    model: str
    body: str
    fuel: str
    seats: int
    doors: int
    battery_kwh: float | None
    range_miles: int


class LotRow(NamedTuple):
    """Where cars live."""

    id: int
    slug: str
    name: str
    address: str
    neighbourhood: str
    lat: float
    lng: float
    access: str
    timezone: str
    city: str
    turnaround_minutes: int

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.timezone)


class BayRow(NamedTuple):
    """A car's own space."""

    id: int
    number: int
    level: str
    charger: bool


class _Columns(NamedTuple):
    """The columns of a car, with its model, lot and bay."""

    id: int
    slug: str
    name: str
    plate: str
    year: int
    colour: str
    paint: str
    car_class: str
    lot_id: int
    lat: float
    lng: float
    state: str
    features: str
    model: ModelRow
    lot: LotRow
    bay: BayRow


class CarRow(CarShape, _Columns):
    """A car with its model, lot and bay."""

    __slots__ = ()


_OWN = CarRow._fields[:-3]
_OF_MODEL, _OF_LOT = len(_OWN), len(_OWN) + len(ModelRow._fields)
_OF_BAY = _OF_LOT + len(LotRow._fields)
WIDTH = _OF_BAY + len(BayRow._fields)  # how many columns a row is made of


def car_columns() -> list[ColumnElement[Any]]:
    """What to select, from the tables of cars, their models, lots and bays: tables, because a row of theirs costs less than an
    entity's attributes do."""
    return [table.__table__.c[name] for table, names in (
        (Car, _OWN), (CarModel, ModelRow._fields), (Lot, LotRow._fields), (Bay, BayRow._fields)) for name in names]


def cars_with_all(cars: FromClause) -> FromClause:
    """Join what `car_columns()` needs to the table of cars, or to something joined with it."""
    models, lots, bays, car = CarModel.__table__, Lot.__table__, Bay.__table__, Car.__table__.c
    return (cars.join(models, models.c.id == car.model_id).join(lots, lots.c.id == car.lot_id)
            .join(bays, bays.c.id == car.bay_id))


def car_row(values: Any) -> CarRow:
    """The car of a row that begins with `car_columns()`."""
    return CarRow(*values[:_OF_MODEL], ModelRow(*values[_OF_MODEL:_OF_LOT]), LotRow(*values[_OF_LOT:_OF_BAY]),
                  BayRow(*values[_OF_BAY:WIDTH]))


def car_rows(rows: Iterable[Any]) -> list[CarRow]:
    return [car_row(row) for row in rows]
