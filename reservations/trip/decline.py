"""Declining a car at pick-up, because it is dirty inside: the trip ends before it was driven, and nothing is charged."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import Job, post
from core.refusal import Refusal
from core.time import now as service_now
from experience.journey import Step
from experience.promises.kinds import Cause, PromiseKind
from experience.promises.models import Promise
from experience.promises.settle import waive_rest
from experience.record.observe import observe
from fleet.calendar.hold import CarTaken, release
from fleet.cars.models import CarState
from fleet.service.block import take_out_of_service
from fleet.service.errors import AlreadyOut, CarIsRetired
from fleet.service.models import Block
from fleet.tariffs.in_force import policies_at
from fleet.telematics.port import Action
from portal.billing.remedies.pay import pay_remedy
from reservations.booking.at_risk import put_at_risk
from reservations.booking.billing import settle_later
from reservations.booking.models import Reservation, Status
from reservations.booking.promo import give_back
from reservations.booking.queries import load_locked
from reservations.trip.ask_car import command_car
from reservations.trip.drive_away import MOVED_MILES
from reservations.trip.end_trip import read_off
from reservations.trip.found_inside import settle_inside
from reservations.trip.models import CheckStage, Trip
from reservations.trip.queries import checks_of, heard_of, trip_of

MONTH = timedelta(days=30)
TRIES = 3  # to hold the car's free time, while others book of it


class TooLateToDecline(Refusal):
    code, status = "too_late_to_decline", 409
    says = _l("This car can no longer be declined: it was driven, or too much time has passed.")
    remedy = _l("Tell us below how you found it. What is published for a dirty car is paid by itself.")


class DeclinedOften(Refusal):
    code, status = "declined_often", 409
    says = _l("You have declined several cars lately, so somebody looks at this one first.")
    remedy = _l("Write to us under Help, and name the trip.")


def may_decline(reservation: Reservation, now: datetime) -> bool:
    """Whether it may be given back for nothing, on the member's word alone."""
    return found_dirty(reservation, now) and not declined_often(reservation, now)


def declined_often(reservation: Reservation, now: datetime) -> bool:
    """Whether its member has declined so many cars in 30 days as the policy `decline_alone` says."""
    before = db.session.scalar(select(func.count()).select_from(Trip).join(
        Reservation, Reservation.id == Trip.reservation_id).where(
        Reservation.member_id == reservation.member_id, Reservation.status == Status.CANCELLED,
        Reservation.cancelled_at > now - MONTH)) or 0
    return int(before) >= policies_at(now)["decline_alone"].value


def found_dirty(reservation: Reservation, now: datetime) -> bool:
    """Whether it was found as dirty as the remedy has it, shortly after it was opened, and was not driven since."""
    trip, inside = trip_of(reservation), checks_of(reservation).get(CheckStage.INSIDE)
    if reservation.status != Status.DRIVING or trip is None or inside is None or inside.cleanliness is None:
        return False
    if inside.cleanliness > policies_at(reservation.booked_at)["remedy_clean_stars"].value or now > _until(trip):
        return False
    said = heard_of(reservation)
    return trip.drove_off_at is None and (said is None or said.odometer_miles <= trip.start_odometer + MOVED_MILES)


def _until(trip: Trip) -> datetime:
    return trip.started_at + timedelta(minutes=policies_at(trip.started_at)["decline_within"].value)


def was_declined(reservation: Reservation) -> bool:
    """Whether it was opened and given back without having been driven."""
    return reservation.status == Status.CANCELLED and trip_of(reservation) is not None


def decline(*, reservation: Reservation, now: datetime) -> None:
    """End the trip at no cost, lock the car and take it out of service to be cleaned; twice changes nothing.

    Raises TooLateToDecline and DeclinedOften. Members who have booked it next are told, as when a manager takes a car out.
    """
    with observe(Step.BOOK_CANCEL, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        if was_declined(reservation):
            seen.was_repeated()
            return
        if not found_dirty(reservation, now):
            raise TooLateToDecline()
        if declined_often(reservation, now):
            raise DeclinedOften()
        seen.trip_as = "cancelled"
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, fee_cents=0)
        settle_inside(reservation, now)
        command_car(reservation, Action.LOCK, now)
        _end(reservation, now)
        _have_it_cleaned(reservation, now)
        occupancy_id, reservation.occupancy_id = reservation.occupancy_id, None
        db.session.flush()
        release(occupancy_id)
        settle_later(reservation, now)
        give_back(reservation.id, now)
        post("booking_cancelled", member_id=reservation.member_id, reservation_id=reservation.id, fee_cents=0)


def _end(reservation: Reservation, now: datetime) -> None:
    trip = trip_of(reservation)
    assert trip is not None  # it was opened, or nothing could be declined
    read_off(trip, reservation, locked=True)
    trip.ended_at, trip.total_cents = now, 0
    reservation.status, reservation.cancelled_at = Status.CANCELLED, now
    with observe(Step.PAY_BILL, member=reservation.member, trip=reservation) as billed:
        billed.trip_as = "ended"
        billed.note(car_id=reservation.car_id, lot_id=reservation.lot_id, quoted_cents=reservation.price_cents, billed_cents=0)
    waive_rest(reservation_id=reservation.id, cause=Cause.CANCELLED, at=now, evidence={"declined": True},
               but=(PromiseKind.CONFIRMATION,))


def _have_it_cleaned(reservation: Reservation, now: datetime) -> None:
    """Hold the car's free time for the cleaning, and mark what is booked in it. A car that is out already stays so."""
    until = now + timedelta(minutes=policies_at(now)["decline_cleaning"].value)
    for _try in range(TRIES):
        with suppress(CarTaken):
            _take_out(reservation, until, now)
            break
    else:
        post("clean_declined", member_id=reservation.member_id, due=now, once=f"clean_declined-{reservation.id}",
             reservation_id=reservation.id)
    for booked in db.session.scalars(select(Reservation).where(
            Reservation.car_id == reservation.car_id, Reservation.status == Status.BOOKED, Reservation.ends_at > now,
            Reservation.starts_at < until, Reservation.at_risk_since.is_(None)).order_by(Reservation.id)
            .with_for_update(of=Reservation)).all():
        put_at_risk(booked, now, now)


def _take_out(reservation: Reservation, until: datetime, now: datetime) -> None:
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):  # the fleet desk reads it, not the member
        why = _("Declined at pick-up: dirty inside")
    with suppress(AlreadyOut, CarIsRetired), db.session.begin_nested():
        take_out_of_service(car=reservation.car, state=CarState.CLEANING, why=why, until=until,
                            by_user_id=reservation.member.user_id, now=now)


def clean_declined(job: Job) -> None:
    """Handle the outbox's `clean_declined`: hold the car as soon as nobody books of its free time at that very moment, unless
    somebody took it out since. Raises CarTaken, to be tried again."""
    reservation, now = db.session.get_one(Reservation, job.facts["reservation_id"]), service_now()
    assert reservation.cancelled_at is not None  # it was declined
    until = reservation.cancelled_at + timedelta(minutes=policies_at(reservation.cancelled_at)["decline_cleaning"].value)
    with transaction():
        since = db.session.scalar(select(Block.id).where(
            Block.car_id == reservation.car_id, Block.starts_at >= reservation.cancelled_at).limit(1))
        if since is None and now < until:
            _take_out(reservation, until, now)


def pay_unless_declined(job: Job) -> None:
    """Handle the outbox's `remedy`: whoever declines a dirty car pays nothing for it, and whoever drives it has the
    remedy. So it waits while the car may still be declined."""
    promise = db.session.get_one(Promise, UUID(job.facts["promise_id"]))
    reservation = db.session.get(Reservation, promise.reservation_id or 0)
    if promise.kind == PromiseKind.CLEAN and reservation is not None:
        if was_declined(reservation):
            return
        trip = trip_of(reservation)
        if trip is not None and may_decline(reservation, service_now()):
            post("remedy", member_id=promise.member_id, due=_until(trip) + timedelta(seconds=1),
                 once=f"remedy-{promise.id}-driven", promise_id=str(promise.id), reservation_id=reservation.id)
            return
    pay_remedy(job)
