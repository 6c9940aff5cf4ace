"""Which free car could stand in for each booking that a block touches: a proposal, not yet a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import select

from core.database import db
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import LONGEST_TURNAROUND, turnaround_of
from fleet.cars.classes import may_stand_in
from fleet.cars.models import Car, CarState
from fleet.cars.where import metres_apart
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Reservation

NONE = timedelta(0)
WALK_METRES = 1_600  # twenty minutes


@dataclass(frozen=True, slots=True)
class StandIn:
    """A car of equal or better class that is free for the whole booking, and how far it is from the other's bay."""

    car: Car
    metres: float


def stand_ins(bookings: Sequence[Reservation], now: datetime) -> dict[int, StandIn]:
    """The best stand-in of each booking that has one, by reservation id; no car is proposed twice at one time."""
    if not bookings:
        return {}
    around = Span(min(each.starts_at for each in bookings), max(each.ends_at for each in bookings) + LONGEST_TURNAROUND)
    cars = [car for car in db.session.scalars(select(Car).where(Car.state == CarState.AVAILABLE))
            if car.id not in {each.car_id for each in bookings}]
    taken = {car_id: [row.span for row in rows]
             for car_id, rows in taken_spans([car.id for car in cars], around).items()}
    policies = policies_at(now)
    return best_of(cars, bookings, taken, {car.id: turnaround_of(car, policies) for car in cars})


def best_of(cars: Sequence[Car], bookings: Sequence[Reservation],
            taken: Mapping[int, list[Span]],
            turnarounds: Mapping[int, timedelta] = MappingProxyType({})) -> dict[int, StandIn]:
    """Give each booking, soonest first, a free car that may stand in: within a walk the same class goes before a better
    one, then the nearest counts; beyond a walk only the way does. It is free for the booking and its own turnaround after it.
    """
    given = {car_id: list(spans) for car_id, spans in taken.items()}
    found: dict[int, StandIn] = {}
    for booking in sorted(bookings, key=lambda each: each.starts_at):
        fitting = [
            StandIn(car, metres_apart(booking.car.lat, booking.car.lng, car.lat, car.lng))
            for car in cars
            if may_stand_in(car.car_class, other_seats=car.model.seats, wanted=booking.car.car_class,
                            wanted_seats=booking.car.model.seats)
            and not any(span.overlaps(_whole(booking, turnarounds.get(car.id, NONE))) for span in given.get(car.id, []))
        ]
        if fitting:
            best = min(fitting, key=lambda each: (*_fit(each, booking), each.metres, each.car.id))
            found[booking.id] = best
            given.setdefault(best.car.id, []).append(_whole(booking, turnarounds.get(best.car.id, NONE)))
    return found


def _whole(booking: Reservation, turnaround: timedelta) -> Span:
    return Span(booking.starts_at, booking.ends_at + turnaround)


def _fit(each: StandIn, booking: Reservation) -> tuple[bool, bool]:
    far = each.metres > WALK_METRES
    return far, not far and each.car.car_class != booking.car.car_class
