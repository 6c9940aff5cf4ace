"""The cars that a member would look for first: favourites, then those they drove lately."""

from dataclasses import dataclass

from fleet.cars.models import Car
from reservations.booking.recent import RecentTrips
from reservations.favourites.queries import FavouriteCars


@dataclass(frozen=True, slots=True)
class OwnCars:
    """Favourites with the newest star first, then recent cars, each once, in two reads."""

    member_id: int
    limit: int = 12

    def all(self) -> list[Car]:
        known = FavouriteCars(self.member_id).all()
        recent = [trip.car for trip in RecentTrips(self.member_id, self.limit).all()]
        return [*known, *(car for car in recent if car not in known)][:self.limit]
