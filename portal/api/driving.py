"""At the car: flash, sound, unlock and lock it, return it, log fuel, and report what one finds."""

from typing import Any
from uuid import UUID, uuid4

from flask import Response, url_for

from core.money import Money
from core.time import now
from experience.journey import Step
from fleet.telematics.models import CarCommand
from fleet.telematics.port import Action
from portal.api import as_json
from portal.api.document import MachineDoor, refuses
from portal.api.door import machine
from portal.api.errors import CarNotSilent, IdempotencyConflict
from portal.api.examples import COMMAND, FILL
from portal.api.models import Scope
from portal.api.once import Done, answer_once, keyed
from portal.api.queries import command_of
from portal.api.reservations import mine
from portal.api.schemas import CommandSchema, Fill, FuelStopSchema, Report, ReportedSchema, ReservationSchema, Return
from portal.billing.payments.errors import PaymentFirst
from portal.help.context import About
from portal.help.models import Kind
from portal.help.start import start_conversation
from portal.web.page import me
from portal.web.shell import adapters
from reservations.booking.models import Reservation, Status
from reservations.fuel.log_stop import CardUsedUp, MoreThanFits, OverCardLimit, ReceiptTooDear, log_stop
from reservations.fuel.log_stop import Fill as Filled
from reservations.fuel.models import PaidBy
from reservations.trip.ask_car import ask_car
from reservations.trip.check import NewMark, check_car
from reservations.trip.errors import (
    AlreadyReturned,
    CheckFirst,
    CheckStands,
    LicenceOver,
    MembershipOver,
    NotDriving,
    NotInItsBay,
    OdometerFell,
    OdometerLeapt,
    OutOfService,
    StillOutWithAnother,
    TimeOver,
    TooEarly,
    TripOver,
    UnderWay,
)
from reservations.trip.models import CheckStage
from reservations.trip.queries import silent_since
from reservations.trip.return_car import return_car

bp = MachineDoor("driving", __name__, url_prefix="/api/v1", description="What a member does at the car.")


@bp.route("/reservations/<reservation_id>/<any(flash, horn, unlock, lock):action>", methods=["POST"])
@machine(Step.PICKUP_UNLOCK, scope=Scope.DRIVE)
@keyed(required=False)
@refuses(TooEarly, TimeOver, TripOver, OutOfService, StillOutWithAnother, MembershipOver, LicenceOver, PaymentFirst,
         CheckFirst, IdempotencyConflict, scope=Scope.DRIVE, about=True)
@bp.response(202, CommandSchema, example=COMMAND)
def ask(reservation_id: str, action: str) -> Response:
    """Ask the car to flash, sound its horn, unlock or lock.

    The car does it within seconds: `Location` is where to ask what it answered. The first unlock begins the trip; before it,
    report what you see around the car.
    """
    def asked() -> Done:
        command = ask_car(reservation=mine(reservation_id), action=Action(action), now=now())
        return Done(as_json.command(command, mine(reservation_id)), 202, _address(reservation_id, command))
    return answer_once(asked)


def _address(reservation_id: str, command: CarCommand) -> str:
    return url_for("driving.answered", reservation_id=reservation_id, command_id=command.id)


@bp.route("/reservations/<reservation_id>/commands/<uuid:command_id>", methods=["GET"])
@machine(scope=Scope.DRIVE, exempt="asks again what a car answered; the answer itself is the step")
@refuses(scope=Scope.DRIVE, about=True)
@bp.response(200, CommandSchema, example=COMMAND)
def answered(reservation_id: str, command_id: UUID) -> Response:
    """What became of something that was asked of the car."""
    booked = mine(reservation_id)
    return as_json.answer(as_json.command(command_of(booked, command_id), booked))


@bp.route("/reservations/<reservation_id>/return", methods=["POST"])
@machine(Step.RETURN_CHECKLIST, scope=Scope.DRIVE)
@keyed(required=False)
@refuses(NotDriving, AlreadyReturned, NotInItsBay, OdometerFell, OdometerLeapt, CarNotSilent, IdempotencyConflict,
         scope=Scope.DRIVE, body=True, about=True)
@bp.alt_response(200, schema=ReservationSchema, description="The trip has ended without its lock.", success=True)
@bp.response(202, CommandSchema, example={**COMMAND, "action": "lock"})
@bp.arguments(Return, example={"odometer": 41873, "energy": 75})
def bring_back(asked: dict[str, Any], reservation_id: str) -> Response:
    """Return the car: it is asked to lock, and its answer ends the trip."""
    return answer_once(lambda: _returned(asked, mine(reservation_id)))


def _returned(asked: dict[str, Any], booked: Reservation) -> Done:
    if asked["without_lock"] and booked.status == Status.DRIVING and silent_since(booked) is None:
        raise CarNotSilent()
    command = return_car(reservation=booked, odometer=asked["odometer"], energy=asked["energy"], now=now(),
                         lock=not asked["without_lock"], in_its_bay=asked["in_its_bay"], bay_taken=asked["bay_taken"])
    if command is None:
        return Done(as_json.reservation(booked))
    return Done(as_json.command(command, booked), 202, _address(booked.reference, command))


@bp.route("/reservations/<reservation_id>/fuel-stops", methods=["POST"])
@machine(Step.DRIVE_REFUEL, scope=Scope.DRIVE)
@keyed(required=True)
@refuses(NotDriving, OverCardLimit, CardUsedUp, ReceiptTooDear, MoreThanFits, IdempotencyConflict,
         scope=Scope.DRIVE, body=True, about=True)
@bp.response(201, FuelStopSchema, example={"at": "2026-11-28T16:02:11-06:00", **FILL})
@bp.arguments(Fill, example=FILL)
def fuel(asked: dict[str, Any], reservation_id: str) -> Response:
    """Log what the pump or the charger said, while the trip is on."""
    return answer_once(lambda: _fuelled(asked, mine(reservation_id)), required=True)


def _fuelled(asked: dict[str, Any], booked: Reservation) -> Done:
    fill = Filled(asked["station"].strip(), Money(asked["amount"]["amount"], asked["amount"]["currency"]),
                  asked["volume_thousandths"], PaidBy(asked["paid_by"]))
    stop = log_stop(reservation=booked, fill=fill, once=f"api-{uuid4()}", now=now())
    return Done({"at": as_json.at(stop.at, booked.car.lot.zone), "paid_by": stop.paid_by, "station": stop.station,
                 "amount": as_json.money(Money(stop.amount_cents, stop.currency)),
                 "volume_thousandths": stop.volume_thousandths}, 201)


@bp.route("/reservations/<reservation_id>/reports", methods=["POST"])
@machine(Step.PICKUP_CHECK, scope=Scope.DRIVE)
@keyed(required=True)
@refuses(UnderWay, CheckStands, TooEarly, TimeOver, TripOver, OutOfService, StillOutWithAnother, NotDriving,
         IdempotencyConflict, scope=Scope.DRIVE, body=True, about=True)
@bp.response(201, ReportedSchema, example={"kind": "damage", "at": "2026-11-28T14:09:40-06:00", "conversation": None})
@bp.arguments(Report, example={"kind": "damage", "view": "left", "words": "A scratch on the door"})
def report(asked: dict[str, Any], reservation_id: str) -> Response:
    """Report how the car was found: around it before it is unlocked, inside it just after, or whatever is wrong.

    A problem becomes a conversation with us; an urgent one, with a trip on, is answered first.
    """
    return answer_once(lambda: _reported(asked, mine(reservation_id)), required=True)


def _reported(asked: dict[str, Any], booked: Reservation) -> Done:
    kind, conversation = asked["kind"], None
    if kind in ("problem", "urgent"):
        about = About(reservation=booked, car=booked.car, lot=booked.car.lot)
        conversation = str(start_conversation(
            who=me(), kind=Kind.URGENT if kind == "urgent" else Kind.COMPLAINT, words=asked["words"], about=about,
            once=f"api-{uuid4()}", seal=adapters().seal, now=now()).id)
    elif kind == "cleanliness":
        if booked.status != Status.DRIVING:
            raise NotDriving()
        check_car(reservation=booked, stage=CheckStage.INSIDE, cleanliness=asked["cleanliness"], now=now())
    else:
        marks = (NewMark(asked["view"], asked["words"]),) if kind == "damage" else ()
        check_car(reservation=booked, stage=CheckStage.OUTSIDE, marks=marks, skipped=kind == "skipped", now=now())
    return Done({"kind": kind, "at": as_json.at(now(), booked.car.lot.zone), "conversation": conversation}, 201)
