"""What the car answered: the worker calls it, and the first unlock begins the trip."""

from datetime import datetime
from uuid import UUID

from core.database import db, hold_nothing_open, transaction
from core.outbox import Job
from core.time import now
from experience.journey import Phase, Step
from experience.record.facts import car_reason
from experience.record.observe import Seen, observe, record
from fleet.cars.models import CarReading
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action, CarRefused, Telematics, TelematicsTrouble
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.trip.ask_car import command_car, in_the_way, is_out, step_of
from reservations.trip.end_trip import end_trip
from reservations.trip.models import Trip
from reservations.trip.rules import is_over
from reservations.trip.settle_promises import car_was_there, it_opened, it_was_fuelled

PROMISED_SECONDS = 10


def carry_out(job: Job, cars: Telematics) -> None:
    """Handle the outbox's `car_command`: call the car outside any transaction, then write its answer down."""
    command = db.session.get_one(CarCommand, UUID(job.facts["command_id"]))
    if command.state != CommandState.WAITING:
        return
    reservation = db.session.get_one(Reservation, command.reservation_id)
    unit, action = reservation.car.vin, Action(command.action)
    refusal = None if action is Action.LOCK else in_the_way(reservation, action, now())  # much may have happened since
    step = step_of(action, reservation, returning=job.facts["returning"])
    hold_nothing_open()
    try:
        if refusal is not None:
            raise CarRefused(refusal.code)
        cars.send(unit, action, once=str(command.id))
    except CarRefused as refused:
        answer, reason = CommandState.REFUSED, refused.reason
    except TelematicsTrouble as trouble:
        answer, reason = CommandState.SILENT, trouble.reason
    else:
        answer, reason = CommandState.DONE, None
    _write_answer(command, reservation, step, answer, reason, returning=job.facts["returning"])


def _write_answer(command: CarCommand, reservation: Reservation, step: Step, answer: CommandState,
                  reason: str | None, *, returning: bool) -> None:
    at = now()
    with observe(step, member=reservation.member, trip=reservation) as seen:
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  action=command.action, **({"reason": car_reason(reason)} if reason else {}))
        seen.about("command", command.id, str(answer))
        seen.measured((at - command.asked_at).total_seconds(), "s", expected=PROMISED_SECONDS)
        with transaction():
            load_locked(reservation)  # cancelled meanwhile stays cancelled, and what is decided below holds
            command.state, command.answered_at, command.reason = answer, at, reason
            if answer is CommandState.DONE and command.action == Action.UNLOCK:
                db.session.flush()
                if reservation.status == Status.BOOKED:
                    seen.settles(it_opened(reservation, at))
                _opened(reservation, at)
            if answer is CommandState.DONE and returning:
                end_trip(reservation, command.asked_at)
            if answer is not CommandState.DONE:
                _went_wrong(seen, answer, reason or "unknown")


def _went_wrong(seen: Seen, answer: CommandState, reason: str) -> None:
    """A car that refuses or is silent is an answer too: its step is written with it, so that none is without the other."""
    seen.was_repeated()  # no success of this
    if answer is CommandState.REFUSED:
        record(seen, Phase.REFUSED, error_code=f"car_{car_reason(reason)}")
    else:
        record(seen, Phase.FAILED, error_code="CarDidNotAnswer")


def _opened(reservation: Reservation, at: datetime) -> None:
    """The first unlock begins the trip; a booking that ended while the car was opening has it locked again."""
    if reservation.status == Status.BOOKED and not is_over(reservation, at):
        begin_trip(reservation, at)
    elif reservation.status != Status.DRIVING and not is_out(reservation):
        command_car(reservation, Action.LOCK, at)


def begin_trip(reservation: Reservation, at: datetime) -> Trip:
    """The first unlock: the member has the car from now on, as the box says it stands."""
    reading = db.session.get(CarReading, reservation.car_id)
    trip = Trip(
        reservation_id=reservation.id, car_id=reservation.car_id, started_at=at, currency=reservation.currency,
        start_odometer=reading.odometer_miles if reading else reservation.car.launch_odometer,
        start_energy=reading.energy_percent if reading else reservation.car.launch_energy,
    )
    reservation.status = Status.DRIVING
    db.session.add(trip)
    db.session.flush()
    facts = {"car_id": reservation.car_id, "car_class": reservation.car.car_class, "lot_id": reservation.lot_id}
    with observe(Step.PICKUP_ARRIVE, member=reservation.member, trip=reservation) as arrived:
        arrived.note(**facts)
        arrived.trip_as = "begun"
        arrived.measured((at - reservation.starts_at).total_seconds() / 60, "min", expected=0)
        arrived.settles(car_was_there(reservation, at))
    with observe(Step.PICKUP_ENERGY, member=reservation.member, trip=reservation) as fuelled:
        fuelled.note(**facts, energy_percent=trip.start_energy)
        least = policies_at(reservation.booked_at)["low_energy"].value
        fuelled.measured(trip.start_energy, "%", expected=least)
        fuelled.settles(it_was_fuelled(reservation, trip, at, least))
    return trip
