"""What a block would touch: bookings that keep their time but may lose their car, and the money in them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, or_, select

from core.database import db
from core.money import Money, total
from core.time import Span
from fleet.cars.models import Car
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import held_for
from reservations.booking.moves.models import Move, MoveState
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

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Touched:
    """The bookings inside the block, those of other cars for which it is held by an offer then, and the trip that is on now,
    which nothing stops."""

    until: datetime
    bookings: tuple[Reservation, ...]
    held_for: tuple[Reservation, ...]
    driving: Reservation | None

    @property
    def need_another(self) -> tuple[Reservation, ...]:
        """All for which another car is looked for."""
        return (*self.bookings, *self.held_for)

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
                  for each in self.need_another)]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def what_it_touches(car: Car, until: datetime, now: datetime) -> Touched:
    """What a block of the car from now to `until` would touch, as things stand."""
    return Touched(until, tuple(BookingsWithin(car.id, now, until).all()),
                   tuple(held_for(car.id, Span(now, until)) if now < until else ()), driving_now(car.id))


def driving_now(car_id: int) -> Reservation | None:
    """The reservation whose trip is in progress in this car, if one is."""
    trip = db.session.scalar(select(Trip).where(Trip.car_id == car_id, Trip.ended_at.is_(None)))
    return trip.reservation if trip else None


def lock_bookings(car_id: int) -> list[int]:
    """Keep the car's open bookings, and those to which it is offered, from other hands until the transaction ends; return
    their ids.

    Before the car itself is locked: a member who gives time back holds the booking first and the car then.
    """
    return list(db.session.scalars(
        select(Reservation.id)
        .where(or_(and_(Reservation.car_id == car_id, Reservation.status.in_((Status.BOOKED, Status.DRIVING))),
                   Reservation.id.in_(select(Move.reservation_id).where(Move.car_id == car_id, Move.state == MoveState.OPEN))))
        .order_by(Reservation.id).with_for_update()))
