"""Reads about changes: the last one, all of them, and what was booked before."""

from dataclasses import dataclass

from sqlalchemy import select

from core.database import db
from core.money import Money
from core.time import Span
from fleet.cars.models import Car
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation


@dataclass(frozen=True, slots=True)
class Was:
    """What a booking was before a change."""

    car: Car
    span: Span
    price: Money


def changes_of(reservation: Reservation) -> list[ReservationChange]:
    """Every change of a booking, in order."""
    return list(db.session.scalars(select(ReservationChange).where(ReservationChange.reservation_id == reservation.id)
                                   .order_by(ReservationChange.at, ReservationChange.id)))


def last_change_of(reservation_id: int) -> ReservationChange | None:
    """The newest change of a booking, if it was ever changed."""
    return db.session.scalars(
        select(ReservationChange).where(ReservationChange.reservation_id == reservation_id)
        .order_by(ReservationChange.at.desc(), ReservationChange.id.desc()).limit(1)).first()


def was_before(made: ReservationChange) -> Was:
    """The car, the span and the price before a change."""
    return Was(db.session.get_one(Car, made.before_car_id), made.before, Money(made.before_price_cents, made.currency))
