"""Returning: what the dashboard says, the checklist, and the lock that ends the trip."""

from datetime import datetime

from core.database import db, transaction
from experience.journey import Phase, Step
from experience.record.observe import observe, record
from fleet.cars.models import CarReading
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand
from fleet.telematics.port import Action
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.trip.ask_car import command_car
from reservations.trip.end_trip import end_trip
from reservations.trip.errors import AlreadyReturned, NotDriving, NotInItsBay, OdometerFell, OdometerLeapt
from reservations.trip.models import CheckStage, ConditionCheck, Trip
from reservations.trip.queries import checks_of, heard_of, metres_from_bay, silent_since, trip_of
from reservations.trip.rules import farthest
from reservations.trip.settle_promises import bay_was_taken


def return_car(*, reservation: Reservation, odometer: int, energy: int, now: datetime,
               lock: bool = True, in_its_bay: bool = False, bay_taken: bool = False) -> CarCommand | None:
    """Take the checklist and ask the car to lock; its answer ends the trip. Raises NotDriving, AlreadyReturned,
    OdometerFell or, when the box cannot say better, OdometerLeapt. NotInItsBay asks back when the box says that it stands
    further away than one parks beside a blocked bay; `in_its_bay` is the member's answer that it does not. With `bay_taken`
    somebody stands in the bay, as the member says.

    With `lock=False` the trip ends without the car, as of the first time it was asked to lock here and did not answer:
    nobody pays for its silence, and no odometer keeps a trip from ending.
    """
    with observe(Step.RETURN_CHECKLIST, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        trip = _open_trip(reservation)
        if odometer < int(trip.start_odometer):
            raise OdometerFell()
        if lock and heard_of(reservation) is None and odometer - trip.start_odometer > farthest(trip.started_at, now):
            raise OdometerLeapt()
        _park(reservation, now, asks=lock and not in_its_bay, bay_taken=bay_taken)
        _come_to_return(reservation, trip, odometer, now)
        ends = now if lock else silent_since(reservation) or now
        trip.typed_odometer, trip.typed_energy = odometer, energy
        late = max(0, int((ends - reservation.ends_at).total_seconds() // 60))
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  late_minutes=late, miles=odometer - int(trip.start_odometer), energy_percent=energy)
        seen.measured(late, "min", expected=0)
        if lock:
            return command_car(reservation, Action.LOCK, now, returning=True)
        end_trip(reservation, ends, locked=False)
    return None


def _park(reservation: Reservation, now: datetime, *, asks: bool, bay_taken: bool) -> None:
    """Where it stands: in its bay, or, as the box says, too far from it, or beside it because somebody stands there."""
    with observe(Step.RETURN_BAY, member=reservation.member, trip=reservation) as seen:
        away = metres_from_bay(reservation)
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  distance_m=round(away))
        if asks and away > policies_at(now)["return_within"].value:
            raise NotInItsBay(round(away), say.miles(away))
        if bay_taken:
            seen.settles(bay_was_taken(reservation, now))
            record(seen, Phase.FAILED, error_code="bay_taken")
        if bay_taken or CheckStage.RETURN in checks_of(reservation):
            seen.was_repeated()  # it came to its bay at the first try, or it did not come there


def _come_to_return(reservation: Reservation, trip: Trip, odometer: int, now: datetime) -> None:
    """Note when the member came to return the car: anew when it was driven on since an earlier try."""
    check = checks_of(reservation).get(CheckStage.RETURN)
    if check is None:
        db.session.add(ConditionCheck(reservation_id=reservation.id, stage=CheckStage.RETURN, at=now,
                                      nothing_new=True, skipped=False))
    elif _was_driven_on(trip, odometer, check.at):
        check.at = now
    db.session.flush()


def _was_driven_on(trip: Trip, odometer: int, since: datetime) -> bool:
    """Whether it has gone since it was to be returned then: by what is typed now, or by what the box said later on."""
    before, reading = trip.typed_odometer, db.session.get(CarReading, trip.car_id)
    if before is None:
        return False
    if odometer > before + 1:
        return True
    return reading is not None and reading.at > since and reading.odometer_miles > max(before, odometer) + 1


def _open_trip(reservation: Reservation) -> Trip:
    if reservation.status == Status.RETURNED:
        raise AlreadyReturned()
    trip = trip_of(reservation)
    if trip is None or reservation.status != Status.DRIVING:
        raise NotDriving()
    return trip
