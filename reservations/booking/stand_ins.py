"""Which free cars may stand in for one that its member could not have: the same lot first, then the nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import LONGEST_TURNAROUND, with_turnaround
from fleet.cars.classes import may_stand_in
from fleet.cars.models import Car, CarState
from fleet.cars.where import is_away, metres_apart
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import could_not_have_it
from reservations.search.nearby import NearbyCars
from reservations.search.times import starting_now
from reservations.trip.decline import may_decline
from reservations.trip.models import Trip


@dataclass(frozen=True, slots=True)
class StandIn:
    """A car of equal or better class that is free for the rest of the time, how far its lot is, and what it is without."""

    car: Car
    metres: float
    span: Span
    lacks: tuple[str, ...]

    @property
    def walk_minutes(self) -> int:
        return say.walking_minutes(self.metres)


def stand_in_of(reservation: Reservation) -> Reservation | None:
    """The booking that stands in for this one, if there is one."""
    return db.session.scalar(select(Reservation).where(Reservation.stands_in_for_id == reservation.id))


def may_have_another(reservation: Reservation, now: datetime) -> bool:
    """Whether the member cannot have their car, or may decline it, and time is left for another one."""
    if span_left(reservation, now) is None:
        return False
    return may_decline(reservation, now) or (
        reservation.status == Status.BOOKED and could_not_have_it(reservation, now, policies_at(reservation.booked_at)))


def span_left(reservation: Reservation, now: datetime) -> Span | None:
    """The time that is left of a booking: all of it before its start, else from the quarter-hour at which one may go in; none
    when it is less than the shortest booking.
    """
    policies = policies_at(now)
    start = max(reservation.starts_at, starting_now(now, policies))
    enough = reservation.ends_at - start >= timedelta(minutes=policies["booking_least"].value)
    return Span(start, reservation.ends_at) if enough else None


def stand_ins(reservation: Reservation, now: datetime) -> list[StandIn]:
    """The cars that could stand in for this booking's; the calendar decides when one is taken."""
    mine, span = reservation.car, span_left(reservation, now)
    if span is None:
        return []
    fitting = [near for near in NearbyCars(mine.lat, mine.lng, float(policies_at(now)["stand_in_within"].value)).all()
               if near.car.id != mine.id and near.car.state == CarState.AVAILABLE
               and _is_ready(near.car, policies_at(now))
               and may_stand_in(near.car.car_class, other_seats=near.car.model.seats, wanted=mine.car_class,
                                wanted_seats=mine.model.seats)]
    away = _gone([near.car.id for near in fitting], span)
    policies = policies_at(now)
    taken = taken_spans([near.car.id for near in fitting], Span(span.start, span.end + LONGEST_TURNAROUND))
    free = [StandIn(near.car, near.metres, span, tuple(sorted(set(mine.feature_list) - set(near.car.feature_list))))
            for near in fitting if near.car.id not in away
            and not any(with_turnaround(near.car, span, policies).overlaps(row.span) for row in taken[near.car.id])]
    return sorted(free, key=lambda each: (each.car.lot_id != mine.lot_id, each.metres, len(each.lacks), each.car.id))


def _is_ready(car: Car, policies: Policies) -> bool:
    """Whether its box says that it stands in its bay with enough to drive: nobody is sent from one lost car to another."""
    said = car.reading
    return said is not None and said.online and said.energy_percent >= policies["low_energy"].value and not is_away(
        metres_apart(said.lat, said.lng, car.bay.lat, car.bay.lng))


def _gone(car_ids: Sequence[int], span: Span) -> set[int]:
    """Those that somebody has out, or brought back only after the time began."""
    return set(db.session.scalars(select(Trip.car_id).where(
        Trip.car_id.in_(car_ids), Trip.ended_at.is_(None) | (Trip.ended_at > span.start))))
