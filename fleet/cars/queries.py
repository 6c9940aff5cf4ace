"""Reads about cars: one by its slug, and every car as it is now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from core.database import db
from core.refusal import NotFound
from fleet.cars.models import Car, CarModel, CarReading, Fuel
from fleet.cars.where import is_away, metres_apart
from fleet.lots.models import Bay, Lot


def the_car(slug: str) -> Car:
    """The car with this slug, retired or not. Raises NotFound."""
    found = db.session.scalar(select(Car).where(Car.slug == slug))
    if found is None:
        raise NotFound(car=slug)
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest word from a car's box."""

    at: datetime
    lat: float
    lng: float
    odometer_miles: float
    energy_percent: int
    locked: bool
    plugged_in: bool
    online: bool


@dataclass(frozen=True, slots=True)
class CarNow:
    """A car, its home and what was last heard of it: plain values, so that a whole fleet is read in one go."""

    id: int
    slug: str
    name: str
    plate: str
    car_class: str
    body: str
    paint: str
    fuel: str
    decided: str
    lot_slug: str
    lot_name: str
    lot_lat: float
    lot_lng: float
    timezone: str
    bay_number: int
    bay_level: str
    bay_lat: float
    bay_lng: float
    launch_odometer: float
    heard: Heard | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def electric(self) -> bool:
        return self.fuel == Fuel.ELECTRIC

    @property
    def online(self) -> bool:
        return self.heard is not None and self.heard.online

    @property
    def energy_percent(self) -> int | None:
        return self.heard.energy_percent if self.heard else None

    @property
    def odometer_miles(self) -> float:
        return self.heard.odometer_miles if self.heard else self.launch_odometer

    @property
    def metres_from_bay(self) -> float | None:
        """Metres from the car's own bay; None when its box was never heard."""
        if self.heard is None:
            return None
        return metres_apart(self.heard.lat, self.heard.lng, self.bay_lat, self.bay_lng)

    @property
    def away(self) -> bool:
        return is_away(self.metres_from_bay)


@dataclass(frozen=True, slots=True)
class CarsNow:
    """Every car as it is now, by name."""

    def select(self) -> Select[Any]:
        return (
            select(
                Car.id, Car.slug, Car.name, Car.plate, Car.car_class, CarModel.body, Car.paint, CarModel.fuel,
                Car.state, Lot.slug, Lot.name, Lot.lat, Lot.lng, Lot.timezone, Bay.number, Bay.level, Bay.lat, Bay.lng,
                Car.launch_odometer, CarReading.at, CarReading.lat, CarReading.lng, CarReading.odometer_miles,
                CarReading.energy_percent, CarReading.locked, CarReading.plugged_in, CarReading.online)
            .join(CarModel, CarModel.id == Car.model_id).join(Lot, Lot.id == Car.lot_id)
            .join(Bay, Bay.id == Car.bay_id).outerjoin(CarReading, CarReading.car_id == Car.id)
            .order_by(Car.name))

    def all(self) -> list[CarNow]:
        """One read, however many cars."""
        return [CarNow(*row[:19], heard=Heard(*row[19:]) if row[19] is not None else None)
                for row in db.session.execute(self.select())]
