"""The clock's part of a trip's promises: cars that are not there, cars that stay shut, and what nothing will show any more."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, or_, select

from core.database import db, transaction
from experience.asks.models import Answer
from experience.promises.kinds import Cause, Outcome, State
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise
from experience.promises.settle import open_case, settle, settle_one
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from portal.billing.payments.charged_once import settle_charged_once
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.booking.what_stood_in import what_stood_in
from reservations.trip.found_inside import may_change, said_inside, settle_inside
from reservations.trip.hear_checks import CHECKS, settle_by_word
from reservations.trip.models import CheckStage, ConditionCheck, Trip
from reservations.trip.settle_promises import (
    ASKED_LATER,
    UNLOCK_SECONDS,
    car_was_not_there,
    first_asked,
    note_not_there,
    stayed_shut,
)

BATCH = 200
ASKED_FOR = timedelta(days=4)  # the checks on the receipt's page live three days from the return
LETTER_PATIENCE = timedelta(hours=1)  # a receipt that has not gone by then is broken; before, it says itself how late it was


def watch_trips(now: datetime) -> int:
    """Settle what the clock decides of trips' promises; returns how many. Called again it changes nothing."""
    return sum(_each(query, settle_it, now) for query, settle_it in (
        (_said(), settle_by_word),
        (_looked_inside(now), _settle_inside), (_not_there(now), _break_not_there), (_shut(now), _break_shut),
        (_left_over(now), _settle_left_over)))


def _each(query: Select[tuple[Promise]], settle_it: Callable[[Promise, Reservation, datetime], bool], now: datetime) -> int:
    """Each in a transaction of its own: one that meets a member's own act waits for it, and looks again."""
    found = [(promise, db.session.get_one(Reservation, promise.reservation_id))
             for promise in db.session.scalars(query.limit(BATCH)).all()]
    settled = 0
    for promise, reservation in found:
        with transaction():
            load_locked(reservation)
            settled += settle_it(promise, reservation, now)
    return settled


def _open(kind: K) -> Select[tuple[Promise]]:
    return (select(Promise).join(Reservation, Reservation.id == Promise.reservation_id)
            .where(Promise.state == State.OPEN.value, Promise.kind == kind.value, Promise.subject.is_(None))
            .order_by(Promise.due_at))


def _said() -> Select[tuple[Promise]]:
    """What a member has answered about with one tap, and nothing has settled yet."""
    about = [(Answer.solicitation == check) & (Promise.kind == kind.value) for check, kind in CHECKS.items()]
    return (select(Promise).join(Answer, Answer.reservation_id == Promise.reservation_id)
            .where(Promise.state == State.OPEN.value, Promise.subject.is_(None), or_(*about)).order_by(Answer.at.desc()))


def _looked_inside(now: datetime) -> Select[tuple[Promise]]:
    fresh = timedelta(minutes=policies_at(now)["check_change"].value)
    return _open(K.CLEAN).join(ConditionCheck, ConditionCheck.reservation_id == Promise.reservation_id).where(
        ConditionCheck.stage == CheckStage.INSIDE, ConditionCheck.cleanliness.is_not(None), ConditionCheck.at <= now - fresh)


def _settle_inside(promise: Promise, reservation: Reservation, now: datetime) -> bool:
    """A tap that can no longer be changed counts; one that was just changed waits for its minutes."""
    check = said_inside(reservation)
    return check is not None and not may_change(check, now) and settle_inside(reservation, now) is not None


def _not_there(now: datetime) -> Select[tuple[Promise]]:
    grace = timedelta(minutes=policies_at(now)["late_grace"].value)
    return _open(K.CAR_THERE).where(Promise.due_at < now - grace, Reservation.status == Status.BOOKED)


def _break_not_there(promise: Promise, reservation: Reservation, now: datetime) -> bool:
    """The grace is over and the car is still out, in our hands, or elsewhere. One that came meanwhile is judged when opened."""
    stood = what_stood_in(reservation, now)
    far = policies_at(now)["return_within"].value
    if reservation.status != Status.BOOKED or stood is None or stood.until is not None or 0 < stood.metres <= far:
        return False
    broken = car_was_not_there(reservation, stood, now)
    note_not_there(broken, reservation, stood)
    return broken is not None


def _shut(now: datetime) -> Select[tuple[Promise]]:
    asked = exists().where(CarCommand.reservation_id == Promise.reservation_id, CarCommand.action == Action.UNLOCK,
                           CarCommand.asked_at <= now - timedelta(seconds=UNLOCK_SECONDS))
    soon = now + timedelta(minutes=policies_at(now)["early_access"].value)  # nobody is let in earlier
    return _open(K.UNLOCK).where(Reservation.status == Status.BOOKED, Promise.due_at <= soon, asked)


def _break_shut(promise: Promise, reservation: Reservation, now: datetime) -> bool:
    """Five minutes have passed since the car was asked to open: somebody looks after the member, once.

    While they may still drive it stays open: only when the car opens, or the booking ends, is it known how much time was lost.
    """
    asked = first_asked(reservation)
    if reservation.status != Status.BOOKED or asked is None or (now - asked).total_seconds() <= UNLOCK_SECONDS:
        return False
    waiting = db.session.scalar(select(CarCommand.state).where(
        CarCommand.reservation_id == reservation.id, CarCommand.action == Action.UNLOCK)
        .order_by(CarCommand.asked_at.desc()).limit(1))
    if waiting == CommandState.DONE:
        return False
    if now < reservation.ends_at:
        open_case(promise, "broken_promise", now)
        return False
    return stayed_shut(reservation, asked, now) is not None


def _left_over(now: datetime) -> Select[tuple[Promise]]:
    """What is open of a trip that is over, past its date."""
    return (select(Promise).join(Reservation, Reservation.id == Promise.reservation_id)
            .where(Promise.state == State.OPEN.value, Promise.subject.is_(None), Promise.due_at <= now,
                   Promise.kind.not_in((K.CONFIRMATION.value, K.REMINDER.value)),  # letters: the clock breaks them
                   Promise.kind.not_in([kind.value for kind in ASKED_LATER]) | (Promise.due_at <= now - ASKED_FOR)
                   | (Reservation.status != Status.RETURNED),
                   Reservation.status.not_in((Status.BOOKED, Status.DRIVING))).order_by(Promise.due_at))


def _settle_left_over(promise: Promise, reservation: Reservation, now: datetime) -> bool:
    if promise.kind == K.CHARGED_ONCE:
        return settle_charged_once(reservation.id, now, over=True) is not None
    if promise.kind == K.RECEIPT:
        trip = db.session.get(Trip, reservation.id)
        if trip is not None and trip.ended_at is not None:
            late = now - trip.ended_at
            return late > LETTER_PATIENCE and settle(
                kind=K.RECEIPT, outcome=Outcome.BROKEN, at=now, reservation_id=reservation.id, cause=Cause.MAIL,
                evidence={"by": "clock", "ended_at": trip.ended_at.isoformat()}) is not None
    return settle_one(promise_id=promise.id, outcome=Outcome.WAIVED, at=now, cause=Cause.NO_EVIDENCE,
                      evidence={"by": "clock"}) is not None
