"""When a member could not have the car: neither cancelling nor staying away costs anything then."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.database import db
from fleet.cars.state import OUT_OF_SERVICE
from fleet.tariffs.quote import Policies
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from reservations.booking.models import Reservation
from reservations.trip.ask_car import is_out
from reservations.trip.models import Trip

THE_MEMBERS_DOING = {"trip_over"}  # the car was never asked: its booking had ended


def could_not_have_it(reservation: Reservation, now: datetime, policies: Policies) -> bool:
    """Whether the car is at risk, would not open, or was not there at the start: out still, out of service,
    or back after the grace.
    """
    if reservation.at_risk_since is not None or _stayed_shut(reservation):
        return True
    return now >= reservation.starts_at and (_is_missing(reservation) or _back_late(reservation, policies) is not None)


def is_held_up(reservation: Reservation, now: datetime, policies: Policies) -> bool:
    """Whether the car cannot be had yet, or has not been back for as long as one may take to come for it."""
    if reservation.at_risk_since is not None or _is_missing(reservation):
        return True
    back = _back_late(reservation, policies)
    return back is not None and now < back + timedelta(minutes=policies["no_show"].value)


def _is_missing(reservation: Reservation) -> bool:
    return reservation.car.state in OUT_OF_SERVICE or is_out(reservation)


def _stayed_shut(reservation: Reservation) -> bool:
    """Whether an unlock was asked and the car refused or was silent, and none was done."""
    asked = db.session.scalars(
        select(CarCommand).where(CarCommand.reservation_id == reservation.id, CarCommand.action == Action.UNLOCK)).all()
    failed = [command for command in asked if command.state in (CommandState.SILENT, CommandState.REFUSED)
              and command.reason not in THE_MEMBERS_DOING]
    return bool(failed) and all(command.state != CommandState.DONE for command in asked)


def _back_late(reservation: Reservation, policies: Policies) -> datetime | None:
    """When the driver before brought the car back, if that was after the start and its grace."""
    return db.session.scalar(
        select(func.max(Trip.ended_at))
        .where(Trip.car_id == reservation.car_id, Trip.reservation_id != reservation.id,
               Trip.started_at < reservation.starts_at,
               Trip.ended_at > reservation.starts_at + timedelta(minutes=policies["late_grace"].value)))
