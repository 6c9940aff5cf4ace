"""What a block would touch: bookings that keep their time but may lose their car, and the money in them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from core.database import db
from core.money import Money, total
from fleet.cars.models import Car
from reservations.booking.models import Reservation, Status
from reservations.trip.models import Trip


@dataclass(frozen=True, slots=True)
class BookingsWithin:
    """A car's bookings not yet begun that lie at least partly between two instants, soonest first."""

    car_id: int
    start: datetime
    end: datetime

    def select(self) -> Select[tuple[Reservation]]:
        return (select(Reservation)
                .where(Reservation.car_id == self.car_id, Reservation.status == Status.BOOKED,
                       Reservation.ends_at > self.start, Reservation.starts_at < self.end)
                .order_by(Reservation.starts_at))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))


@dataclass(frozen=True, slots=True)
class Touched:
    """The bookings inside the block, and the trip that is on now, which nothing stops."""

    until: datetime
    bookings: tuple[Reservation, ...]
    driving: Reservation | None

    @property
    def ends_before_it_begins(self) -> bool:
        """Whether the trip that is on now lasts longer than the block, which would hold no time at all."""
        return self.driving is not None and self.until <= self.driving.ends_at

    @property
    def members(self) -> int:
        return len({booking.member_id for booking in self.bookings})

    @property
    def money(self) -> Money:
        return total([booking.price for booking in self.bookings])

    @property
    def digest(self) -> str:
        """A mark of exactly this: it changes when a booking comes, goes, moves, changes its price or is picked up."""
        said = [self.until.isoformat(), self.driving.id if self.driving else None,
                *((each.id, each.starts_at.isoformat(), each.ends_at.isoformat(), each.price_cents)
                  for each in self.bookings)]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def what_it_touches(car: Car, until: datetime, now: datetime) -> Touched:
    """What a block of the car from now to `until` would touch, as things stand."""
    return Touched(until, tuple(BookingsWithin(car.id, now, until).all()), driving_now(car.id))


def driving_now(car_id: int) -> Reservation | None:
    """The reservation whose trip is in progress in this car, if one is."""
    trip = db.session.scalar(select(Trip).where(Trip.car_id == car_id, Trip.ended_at.is_(None)))
    return trip.reservation if trip else None


def lock_bookings(car_id: int) -> list[int]:
    """Keep the car's open bookings from other hands until the transaction ends; return their ids.

    Before the car itself is locked: a member who gives time back holds the booking first and the car then.
    """
    return list(db.session.scalars(
        select(Reservation.id)
        .where(Reservation.car_id == car_id, Reservation.status.in_((Status.BOOKED, Status.DRIVING)))
        .order_by(Reservation.id).with_for_update()))
