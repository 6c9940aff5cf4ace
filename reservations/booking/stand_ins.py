"""Which free cars may stand in for one that its member cannot have: at the car itself, and before when we offer another one.

Those it looks at are the nearest that would do, as a search does, so that a large fleet is not read for one booking. The
calendar decides when one of them is taken.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from core.database import db
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import LONGEST_TURNAROUND, with_turnaround
from fleet.cars.classes import classes_for
from fleet.cars.models import Car, CarState
from fleet.cars.where import is_away, metres_apart
from fleet.service.models import Block
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import could_not_have_it
from reservations.booking.renewal import renewal_answered_late
from reservations.search.nearby import LOOKED_AT, Filters, Nearby, NearbyCars
from reservations.search.times import starting_now
from reservations.trip.decline import may_decline
from reservations.trip.models import CheckStage, ConditionCheck, Trip


@dataclass(frozen=True, slots=True)
class StandIn:
    """A car of equal or better class that is free for the span, how far its lot is in metres, and what it is without."""

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
    """Whether the member cannot have their car, or may decline it, and time is left for another one. None opens while a new
    licence lies with us."""
    if span_left(reservation, now) is None:
        return False
    return may_decline(reservation, now) or (
        reservation.status == Status.BOOKED and could_not_have_it(reservation, now, policies_at(reservation.booked_at))
        and renewal_answered_late(reservation) is None)


def span_left(reservation: Reservation, now: datetime) -> Span | None:
    """The time that is left of a booking: all of it before its start, else from the quarter-hour at which one may go in; none
    when it is less than the shortest booking.
    """
    policies = policies_at(now)
    start = max(reservation.starts_at, starting_now(now, policies))
    enough = reservation.ends_at - start >= timedelta(minutes=policies["booking_least"].value)
    return Span(start, reservation.ends_at) if enough else None


def stand_ins(reservation: Reservation, now: datetime) -> list[StandIn]:
    """The cars that could stand in for this booking's for the time that is left: the same lot first, then the nearest."""
    span = span_left(reservation, now)
    return free_for(reservation.car, span, ready_near(reservation.car, now), now) if span else []


def as_stand_in(reservation: Reservation, car: Car, span: Span, now: datetime) -> StandIn | None:
    """This very car, if it could stand in for the booking's: the same questions, asked of one."""
    return next(iter(free_for(reservation.car, span, ready_near(reservation.car, now, only=(car.id,)), now)), None)


def ready_near(mine: Car, now: datetime, only: Collection[int] | None = None) -> list[Nearby]:
    """The nearest cars of equal or better class that are ready to be driven, no further away than the policy
    `stand_in_within` says; it chooses from LOOKED_AT. `only`: of these cars.
    """
    policies = policies_at(now)
    near = NearbyCars(mine.lat, mine.lng, float(policies["stand_in_within"].value),
                      Filters(car_classes=classes_for(mine.car_class), seats=mine.model.seats), LOOKED_AT + 1, ids=only).all()
    ready = [each for each in near if each.car.id != mine.id and _is_ready(each.car, policies)]
    dirty = _dirty([each.car.id for each in ready], now, policies)
    return [each for each in ready if each.car.id not in dirty]


def free_for(mine: Car, span: Span, ready: Sequence[Nearby], now: datetime) -> list[StandIn]:
    """Those of the cars that nobody has out or booked for the span and the turnaround after it."""
    policies, ids = policies_at(now), [near.car.id for near in ready]
    gone = _gone(ids, span)
    taken = taken_spans(ids, Span(span.start, span.end + LONGEST_TURNAROUND))
    free = [StandIn(near.car, near.metres, span, tuple(sorted(set(mine.feature_list) - set(near.car.feature_list))))
            for near in ready if near.car.id not in gone
            and not any(with_turnaround(near.car, span, policies).overlaps(row.span) for row in taken[near.car.id])]
    return sorted(free, key=lambda each: (each.car.lot_id != mine.lot_id, each.metres, len(each.lacks), each.car.id))


def _is_ready(car: Car, policies: Policies) -> bool:
    """Whether it is in service, and its box says that it stands in its bay with enough to drive: nobody is sent from one lost
    car to another."""
    said = car.reading
    return (car.state == CarState.AVAILABLE and said is not None and said.online
            and said.energy_percent >= policies["low_energy"].value
            and not is_away(metres_apart(said.lat, said.lng, car.bay.lat, car.bay.lng)))


def _dirty(car_ids: Sequence[int], now: datetime, policies: Policies) -> set[int]:
    """Those that whoever looked last found dirty inside, and that were not in our hands since. What was found longer ago than
    the policy `stays_dirty` says has been cleaned by now, with or without a word of it."""
    since = now - timedelta(days=policies["stays_dirty"].value)
    later, whose = aliased(ConditionCheck), aliased(Reservation)
    looked_again = exists().where(
        later.reservation_id == whose.id, whose.car_id == Reservation.car_id, later.stage == CheckStage.INSIDE,
        later.cleanliness.is_not(None), later.at > ConditionCheck.at)
    seen_to = exists().where(Block.car_id == Reservation.car_id, Block.ended_at > ConditionCheck.at)
    return set(db.session.scalars(
        select(Reservation.car_id).join(ConditionCheck, ConditionCheck.reservation_id == Reservation.id).where(
            Reservation.car_id.in_(car_ids), Reservation.starts_at > since, ConditionCheck.at > since,
            ConditionCheck.stage == CheckStage.INSIDE,
            ConditionCheck.cleanliness <= policies["remedy_clean_stars"].value, ~looked_again, ~seen_to)))


def _gone(car_ids: Sequence[int], span: Span) -> set[int]:
    """Those that somebody has out, or brought back only after the time began."""
    return set(db.session.scalars(select(Trip.car_id).where(
        Trip.car_id.in_(car_ids), Trip.ended_at.is_(None) | (Trip.ended_at > span.start))))
