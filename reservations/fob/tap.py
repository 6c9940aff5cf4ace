"""A fob is held to a car: whose it is, whether they have this car now, and then what their phone would ask, by the same verb.

A car keeps no list of fobs. It says which one it has read and waits to be told: so a fob that is blocked is blocked everywhere
with the commit, and no rule about who may open a car stands in two places.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import Job
from core.refusal import Refusal
from core.time import now as the_time
from fleet.cars.models import CarReading
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand
from fleet.telematics.port import Action
from portal.account.models import Member
from reservations.booking.models import Reservation
from reservations.fob.models import Fob, FobState, FobTap
from reservations.trip.ask_car import ask_car
from reservations.trip.queries import trip_on_now


def handle_tap(job: Job) -> None:
    """Handle the outbox's `fob_tap`: unlock a car that is locked, lock one that is not, for whoever has it now. A tap that
    reaches us after the policy's seconds does nothing: nobody stands there any more."""
    car_id, at, now = int(job.facts["car_id"]), datetime.fromisoformat(job.facts["at"]), the_time()
    if db.session.scalar(select(FobTap.id).where(FobTap.car_id == car_id, FobTap.at == at)) is not None:
        return
    fob = db.session.scalars(select(Fob).where(Fob.number_mark == job.facts["mark"])).first()
    tap = FobTap(fob_id=fob.id if fob else None, car_id=car_id, at=at)
    reservation, tap.outcome = _whose(fob, car_id, at, now)
    if reservation is None:
        with transaction():
            db.session.add(tap)
        return
    try:
        with transaction():
            command = _ask(reservation, car_id, now)
            tap.outcome, tap.command_id = command.action, command.id
            db.session.add(tap)
    except Refusal as refusal:
        with transaction():
            db.session.add(FobTap(fob_id=fob.id if fob else None, car_id=car_id, at=at, outcome=refusal.code))


def _whose(fob: Fob | None, car_id: int, at: datetime, now: datetime) -> tuple[Reservation | None, str]:
    """The trip for which the car may be asked; or none, and why."""
    if fob is None:
        return None, "unknown"
    if fob.state != FobState.ISSUED:
        return None, "blocked"
    if now - at > timedelta(seconds=policies_at(now)["fob_tap_lives"].value):
        return None, "late"
    reservation = trip_on_now(db.session.get_one(Member, fob.member_id), now)
    if reservation is None or reservation.car_id != car_id:
        return None, "not_booked"
    return reservation, ""


def _ask(reservation: Reservation, car_id: int, now: datetime) -> CarCommand:
    reading = db.session.get(CarReading, car_id)
    action = Action.LOCK if reading is not None and not reading.locked else Action.UNLOCK
    return ask_car(reservation=reservation, action=action, now=now)
