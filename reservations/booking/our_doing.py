"""When a member could not have the car: neither cancelling nor staying away costs anything then."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select

from core.database import db
from fleet.cars.state import OUT_OF_SERVICE
from fleet.service.models import Block
from fleet.tariffs.quote import Policies
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from portal.account.needs.queries import waits_for
from reservations.booking.models import Reservation
from reservations.booking.renewal import renewal_answered_late
from reservations.trip.ask_car import previous_end
from reservations.trip.models import Trip
from reservations.trip.queries import metres_from_bay
from reservations.trip.rules import FINDING_OPENS, opens_at

# The car was not asked to open then.
THE_MEMBERS_DOING = {"too_early", "time_over", "trip_over", "check_first", "payment_first", "licence_over", "membership_over"}


def could_not_have_it(reservation: Reservation, now: datetime, policies: Policies) -> bool:
    """Whether the car is at risk, would not open, or was not there at the start and its grace: out still with the
    driver before, out of service, standing elsewhere, or shut because a new licence still lay with us. Shortly before the
    start it counts what is so now.
    """
    if reservation.at_risk_since is not None or _stayed_shut(reservation):
        return True
    if now < reservation.starts_at:
        soon = now >= opens_at(reservation, policies, previous_end(reservation)) - FINDING_OPENS
        return soon and (reservation.car.state in OUT_OF_SERVICE or renewal_answered_late(reservation) is not None)
    there = _there_since(reservation, now, policies)
    return there is None or there > _most_patient(reservation, policies)


def is_held_up(reservation: Reservation, now: datetime, policies: Policies) -> bool:
    """Whether the car cannot be had yet, or has not been there for as long as this driver may take to come for it."""
    there = _there_since(reservation, now, policies)
    if reservation.at_risk_since is not None or there is None:
        return True
    return there > _most_patient(reservation, policies) and now < there + waits_for(reservation.member_id, policies)


def _most_patient(reservation: Reservation, policies: Policies) -> datetime:
    return reservation.starts_at + timedelta(minutes=policies["late_grace"].value)


def _there_since(reservation: Reservation, now: datetime, policies: Policies) -> datetime | None:
    """Since when the car has been there for this booking, from its start on; None while it is not, stands elsewhere, or stays
    shut because a new licence lies with us."""
    if reservation.car.state in OUT_OF_SERVICE or metres_from_bay(reservation) > policies["return_within"].value:
        return None
    away = [*db.session.scalars(_ends_of_trips(reservation)), *db.session.scalars(_ends_of_blocks(reservation, now))]
    if (renewal := renewal_answered_late(reservation)) is not None:
        away.append(renewal.decided_at)
    return None if None in away else max([reservation.starts_at, *away])


def _ends_of_trips(reservation: Reservation) -> Select[tuple[datetime | None]]:
    """When each trip ended that was out at the start; one that began later is the next driver's."""
    return select(Trip.ended_at).where(
        Trip.car_id == reservation.car_id, Trip.reservation_id != reservation.id,
        Trip.started_at < reservation.starts_at, Trip.ended_at.is_(None) | (Trip.ended_at > reservation.starts_at))


def _ends_of_blocks(reservation: Reservation, now: datetime) -> Select[tuple[datetime | None]]:
    """When each block ended that the car had since the start."""
    return select(Block.ended_at).where(
        Block.car_id == reservation.car_id, Block.starts_at <= now,
        Block.ended_at.is_(None) | (Block.ended_at > reservation.starts_at))


def _stayed_shut(reservation: Reservation) -> bool:
    """Whether an unlock was asked and the car refused or was silent, and none was done."""
    asked = db.session.scalars(
        select(CarCommand).where(CarCommand.reservation_id == reservation.id, CarCommand.action == Action.UNLOCK)).all()
    failed = [command for command in asked if command.state in (CommandState.SILENT, CommandState.REFUSED)
              and command.reason not in THE_MEMBERS_DOING]
    return bool(failed) and all(command.state != CommandState.DONE for command in asked)
