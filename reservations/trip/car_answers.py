"""What the car answered: the worker calls it, and the first unlock begins the trip."""

from datetime import datetime
from uuid import UUID

from core.database import db, hold_nothing_open, transaction
from core.outbox import Job
from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import CarReading
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action, CarRefused, Telematics, TelematicsTrouble
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.trip.ask_car import command_car, in_the_way, is_out, step_of
from reservations.trip.end_trip import end_trip
from reservations.trip.models import Trip
from reservations.trip.rules import is_over

PROMISED_SECONDS = 10


class CarSaidNo(Refusal):
    """The car refused: recorded as a refused step, shown to the member by the command's reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.code = f"car_{reason}"


class CarDidNotAnswer(Exception):
    """The car was silent: recorded as a failed step."""


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
    try:
        _write_answer(command, reservation, step, answer, reason, returning=job.facts["returning"])
    except (CarSaidNo, CarDidNotAnswer):
        return  # recorded with the step; the page tells the member


def _write_answer(command: CarCommand, reservation: Reservation, step: Step, answer: CommandState,
                  reason: str | None, *, returning: bool) -> None:
    at = now()
    with observe(step, member=reservation.member, trip=reservation) as seen:
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  action=command.action, **({"reason": reason} if reason else {}))
        seen.measured((at - command.asked_at).total_seconds(), "s", expected=PROMISED_SECONDS)
        with transaction():
            load_locked(reservation)  # cancelled meanwhile stays cancelled, and what is decided below holds
            command.state, command.answered_at, command.reason = answer, at, reason
            if answer is CommandState.DONE and command.action == Action.UNLOCK:
                _opened(reservation, at)
            if answer is CommandState.DONE and returning:
                end_trip(reservation, command.asked_at)
            if answer is not CommandState.DONE:
                seen.was_repeated()  # written as refused or failed below, once the answer is safe
        seen.repeated = False
        if answer is CommandState.REFUSED:
            raise CarSaidNo(reason or "unknown")
        if answer is CommandState.SILENT:
            raise CarDidNotAnswer(reason)


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
        arrived.measured((at - reservation.starts_at).total_seconds() / 60, "min", expected=0)
    with observe(Step.PICKUP_ENERGY, member=reservation.member, trip=reservation) as fuelled:
        fuelled.note(**facts, energy_percent=trip.start_energy)
        fuelled.measured(trip.start_energy, "%", expected=25)
    return trip
