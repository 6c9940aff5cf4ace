"""Which cars are near a point: one indexed read, nearest first."""

from dataclasses import dataclass

from sqlalchemy import select

from core.database import db
from fleet.cars.models import Car
from reservations.search.circle import Filters, cars_in, circle_at

__all__ = ["Filters", "Nearby", "NearbyCars"]


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
    filters: Filters = Filters()  # noqa: RUF009 - frozen

    def all(self) -> list[Nearby]:
        """Run the read."""
        circle = circle_at(self.lat, self.lng, self.radius_m)
        near = cars_in(len(circle.bands), self.filters).subquery()
        found = db.session.scalars(select(Car).join(near, near.c.id == Car.id), circle.values(self.filters)).unique()
        return sorted((Nearby(car, circle.plane.metres(car.lat, car.lng)) for car in found),
                      key=lambda each: (each.metres, each.car.id))
