"""Bookings, trips and readings for the fleet's tests, put straight into the database."""

from datetime import datetime
from itertools import count

from sqlalchemy import select

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import hold
from fleet.cars.models import Car, CarReading
from portal.account.models import Member
from reservations.booking.models import Reservation, Status
from reservations.trip.models import Trip
from tests.factories import NOON

_numbers = count(1)


def booked(car: Car, member: Member, span: Span, *, status: Status = Status.BOOKED, cents: int = 4000,
           at_risk_since: datetime | None = None) -> Reservation:
    """A reservation that holds its time."""
    number = next(_numbers)
    with transaction():
        booking = Reservation(
            reference=f"made{number:06d}", member_id=member.id, car_id=car.id, lot_id=car.lot_id,
            starts_at=span.start, ends_at=span.end, status=status, waiver="included", price_cents=cents,
            currency="USD", quote={}, once=f"made-{number}", booked_at=NOON, at_risk_since=at_risk_since,
            occupancy_id=hold(car.id, span))
        db.session.add(booking)
        db.session.flush()
    return booking


def driving(car: Car, member: Member, span: Span) -> Trip:
    """A trip in progress."""
    booking = booked(car, member, span, status=Status.DRIVING)
    with transaction():
        trip = Trip(reservation_id=booking.id, car_id=car.id, started_at=span.start, start_odometer=1000.0,
                    start_energy=80, currency="USD")
        db.session.add(trip)
        db.session.flush()
    return trip


def heard(car: Car, *, at: datetime = NOON, **said: object) -> CarReading:
    """What the box in a car says: parked, locked and well unless said otherwise."""
    usual = {"sequence": next(_numbers), "at": at, "lat": car.bay.lat, "lng": car.bay.lng, "odometer_miles": 12_345.0,
             "energy_percent": 80, "locked": True, "doors_open": 0, "engine_on": False, "plugged_in": False,
             "online": True}
    with transaction():
        reading = db.session.get(CarReading, car.id) or CarReading(car_id=car.id)
        for key, value in {**usual, **said}.items():
            setattr(reading, key, value)
        db.session.add(reading)
        db.session.flush()
    return reading


def all_heard(**said: object) -> None:
    """Every box says the same."""
    with transaction():
        for car in db.session.scalars(select(Car)).all():
            heard(car, **said)
