"""Repaying the taxi that a member took because their car was not there: by its receipt, once, up to what is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from core.refusal import NotFound, Refusal
from experience.journey import Step
from experience.promises.kinds import PromiseKind, State
from experience.promises.models import Promise
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.payers.payer_of import locked, own_payer
from portal.billing.remedies.models import TaxiReceipt
from portal.billing.remedies.table import due_for
from reservations.booking.models import Reservation, Status
from reservations.trip.models import Trip

MONTH = timedelta(days=30)
A_DAY_LATER = timedelta(days=1)  # a ride that ends after midnight is on the next day's receipt


class NotThatDay(Refusal):
    code, status = "taxi_not_that_day", 422
    says = _l("That is not the day of the trip.")
    remedy = _l("Type the day on the receipt: it is the day on which the car was not there, or the one after.")


class AnotherCar(Refusal):
    code, status = "taxi_another_car", 409
    says = _l("Another car stands in for yours, so no taxi is repaid.")
    remedy = _l("Cancel that booking first if you do not need it.")


class TaxiTooLate(Refusal):
    code, status = "taxi_too_late", 409
    says = _l("The time in which we repay a taxi without looking into it is over.")
    remedy = _l("Send us the receipt under Help: somebody looks at it.")


class SomebodyLooks(Refusal):
    code, status = "taxi_somebody_looks", 409
    says = _l("We have repaid you several taxis lately, so somebody looks at this one first.")
    remedy = _l("Send us the receipt under Help, and name the trip.")


@dataclass(frozen=True, slots=True)
class Ride:
    """What the receipt says."""

    company: str
    on: date
    paid: Money


def my_taxi_promise(member: Member, promise_id: UUID) -> Promise:
    """The member's own promise whose break a taxi is repaid for. Raises NotFound."""
    promise = db.session.get(Promise, promise_id)
    if promise is None or promise.member_id != member.id or not is_repaid(promise):
        raise NotFound()
    return promise


def is_repaid(promise: Promise) -> bool:
    """Whether a taxi is repaid for this promise."""
    return promise.id in repaid_of([promise])


def repaid_of(promises: Sequence[Promise]) -> set[UUID]:
    """Those for which a taxi is repaid: the car was not there, as the table of remedies has it, and the last booking in its
    place was given up without having been opened."""
    broken = {promise.id: promise.reservation_id for promise in promises
              if promise.kind == PromiseKind.CAR_THERE and promise.state == State.BROKEN
              and due_for("car_there", promise.actual, promise.evidence, policies_at(promise.minted_at)) is not None}
    given_up = _given_up({first for first in broken.values() if first is not None}) if broken else set()
    return {promise_id for promise_id, first in broken.items() if first in given_up}


def _given_up(firsts: set[int]) -> set[int]:
    """Those of these bookings after which, through all that stood in for it, no car is left: asked as columns, so that the
    answer is as fresh as the transaction."""
    chain = select(Reservation.id.label("first"), Reservation.id.label("booking")).where(
        Reservation.id.in_(firsts)).cte("chain", recursive=True)
    chain = chain.union_all(select(chain.c.first, Reservation.id).where(Reservation.stands_in_for_id == chain.c.booking))
    after = aliased(Reservation)
    return set(db.session.scalars(select(chain.c.first).join(Reservation, Reservation.id == chain.c.booking)
        .outerjoin(after, after.stands_in_for_id == Reservation.id).outerjoin(Trip, Trip.reservation_id == Reservation.id)
        .where(after.id.is_(None), Trip.reservation_id.is_(None),
               Reservation.status.in_((Status.CANCELLED, Status.NO_SHOW)))))


def taxi_of(promise_id: UUID) -> TaxiReceipt | None:
    """What was repaid for it already."""
    return db.session.get(TaxiReceipt, promise_id)


def repay_taxi(*, promise: Promise, ride: Ride, now: datetime) -> TaxiReceipt:
    """Repay what the receipt says, at most the published amount, as credit; a second receipt changes nothing.

    Raises AnotherCar, NotThatDay, TaxiTooLate, and SomebodyLooks after so many in 30 days as the policy
    `remedy_taxi_alone` says.
    """
    trip, policies = db.session.get_one(Reservation, promise.reservation_id), policies_at(promise.minted_at)
    with observe(Step.HELP_RECOVERY, member=trip.member, trip=trip) as seen, transaction():
        payer = locked(own_payer(promise.member_id).id)
        again = db.session.get(TaxiReceipt, promise.id, populate_existing=True)
        if again is not None:
            seen.was_repeated()
            return again
        if not is_repaid(promise):
            raise AnotherCar()
        _check(trip, ride, now)
        most = policies["remedy_taxi"]
        amount = Money(min(ride.paid.cents, most.value), ride.paid.currency)
        credit = grant(payer_id=payer.id, kind=CreditKind.SERVICE, amount=amount, why="remedy_taxi", once=f"taxi-{promise.id}",
                       now=now, member_id=promise.member_id, reservation_id=trip.id,
                       facts={"rule": "remedy_taxi", "rule_version": most.version, "promise_id": str(promise.id),
                              "paid_cents": ride.paid.cents, "most_cents": most.value})
        receipt = TaxiReceipt(promise_id=promise.id, member_id=promise.member_id, ridden_on=ride.on, company=ride.company,
                              paid_cents=ride.paid.cents, amount_cents=amount.cents, currency=amount.currency,
                              rule_version=most.version, credit_id=credit.id, given_at=now)
        db.session.add(receipt)
        db.session.flush()
        post("credit_given", member_id=promise.member_id, due=now, once=f"credit_given-{credit.id}", credit_id=str(credit.id))
        seen.note(amount_cents=amount.cents)
        seen.promise_id = promise.id
    return receipt


def _check(trip: Reservation, ride: Ride, now: datetime) -> None:
    policies, zone = policies_at(now), trip.car.lot.zone
    day = trip.starts_at.astimezone(zone).date()
    if not day <= ride.on <= min(day + A_DAY_LATER, now.astimezone(zone).date()):
        raise NotThatDay()
    if now > trip.starts_at + timedelta(days=policies["receipt_days"].value):
        raise TaxiTooLate()
    lately = db.session.scalar(select(func.count()).select_from(TaxiReceipt).where(
        TaxiReceipt.member_id == trip.member_id, TaxiReceipt.given_at > now - MONTH)) or 0
    if lately >= policies["remedy_taxi_alone"].value:
        raise SomebodyLooks()
