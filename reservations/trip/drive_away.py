"""Driving away: what the boxes say of cars that were opened. Within five minutes of the first unlock is what we promise."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import CarReading
from reservations.booking.models import Reservation
from reservations.trip.models import Trip

MOVED_MILES = 0.05  # less is a wheel turned in its bay
JUST_MILES = 3  # of a car that has gone further already, nobody knows any more when it left
PROMISED_MINUTES = 5
LOOK_BACK = timedelta(days=2)  # a car that stood for longer drives away without being measured


def note_driven_off(now: datetime) -> int:
    """Write down which cars have driven away since the last look, once for each trip; returns how many. The box's own moment
    counts: the one at which it last said how it stands.
    """
    if not db.session.execute(_moved(now).limit(1)).first():
        return 0  # nothing to note takes no write lock
    with transaction():
        found = db.session.execute(_moved(now).with_for_update(of=Trip, skip_locked=True)).all()
        for trip, reading in found:
            _note(trip, reading)
        db.session.flush()
    return len(found)


def _moved(now: datetime) -> Select[tuple[Trip, CarReading]]:
    return (
        select(Trip, CarReading).join(CarReading, CarReading.car_id == Trip.car_id)
        .where(Trip.drove_off_at.is_(None), Trip.ended_at.is_(None), Trip.started_at > now - LOOK_BACK,
               CarReading.at > Trip.started_at, CarReading.odometer_miles > Trip.start_odometer + MOVED_MILES))


def _note(trip: Trip, reading: CarReading) -> None:
    reservation: Reservation = trip.reservation
    trip.drove_off_at = reading.at
    with observe(Step.PICKUP_DRIVE_AWAY, member=reservation.member, trip=reservation) as seen:
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id)
        seen.trip_as = "drove_off"
        if reading.odometer_miles - trip.start_odometer <= JUST_MILES:
            seen.measured(round((reading.at - trip.started_at).total_seconds() / 60, 2), "min", expected=PROMISED_MINUTES)
