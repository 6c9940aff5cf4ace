"""Which cars are near a point: one indexed read, nearest first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geopy.distance import geodesic
from sqlalchemy import Select, select

from core.database import db
from fleet.cars.models import Car, CarModel, CarState

LEAST_METRES_PER_DEGREE = 110_500.0  # a degree of latitude has 110,574 m at the equator (WGS 84) and more elsewhere


@dataclass(frozen=True, slots=True)
class Filters:
    """What the car must be; empty means that anything will do."""

    car_classes: tuple[str, ...] = ()
    fuels: tuple[str, ...] = ()
    seats: int = 0
    features: tuple[str, ...] = ()
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nearby:
    """A car and how far away it stands, in metres as the crow flies."""

    car: Car
    metres: float


@dataclass(frozen=True)
class NearbyCars:
    """Cars in service within `radius_m` of a point that fit the filters, nearest first."""

    lat: float
    lng: float
    radius_m: float
    filters: Filters = Filters()

    def select(self) -> Select[tuple[Car]]:
        dlat = self.radius_m / LEAST_METRES_PER_DEGREE
        farthest = math.radians(min(84.0, abs(self.lat) + dlat))  # where degrees of longitude are shortest in the circle
        dlng = self.radius_m / (LEAST_METRES_PER_DEGREE * math.cos(farthest))
        query = select(Car).join(CarModel, CarModel.id == Car.model_id).where(
            Car.lat.between(self.lat - dlat, self.lat + dlat), Car.lng.between(self.lng - dlng, self.lng + dlng),
            Car.state != CarState.RETIRED)
        if self.filters.car_classes:
            query = query.where(Car.car_class.in_(self.filters.car_classes))
        if self.filters.fuels:
            query = query.where(CarModel.fuel.in_(self.filters.fuels))
        if self.filters.seats:
            query = query.where(CarModel.seats >= self.filters.seats)
        return query

    def all(self) -> list[Nearby]:
        """Run the read. Distances are geodesic; features are words of one column and few, so they are judged here."""
        found = [Nearby(car, geodesic((self.lat, self.lng), (car.lat, car.lng)).meters)
                 for car in db.session.scalars(self.select()).unique() if self._fits(car)]
        return sorted((near for near in found if near.metres <= self.radius_m), key=lambda near: (near.metres, near.car.id))

    def _fits(self, car: Car) -> bool:
        has: Sequence[str] = car.feature_list
        return all(feature in has for feature in self.filters.features) and (
            not self.filters.access or car.lot.access in self.filters.access)
