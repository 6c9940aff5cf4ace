"""How clean a car was found inside: one tap, to be changed for a few minutes, and what it gives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.money import Money
from experience.promises.kinds import Cause
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from portal.billing.remedies.models import Remedy
from portal.billing.remedies.pay import was_paid_often
from portal.billing.remedies.table import due_for
from reservations.booking.models import Reservation
from reservations.trip.models import CheckStage, ConditionCheck
from reservations.trip.queries import checks_of
from reservations.trip.settle_promises import it_was_clean


@dataclass(frozen=True, slots=True)
class Found:
    """What the trip's page says after the tap. `gives` is what a drive in such a car is paid with, nothing when it is not."""

    stars: int
    until: datetime | None  # it may be changed
    gives: Money | None
    given: bool
    looked_at: bool  # somebody looks before it is paid


def may_change(check: ConditionCheck, now: datetime) -> bool:
    """Whether the tap is so fresh that another one takes its place: it settles nothing before."""
    return now < _until(check)


def _until(check: ConditionCheck) -> datetime:
    return check.at + timedelta(minutes=policies_at(check.at)["check_change"].value)


def said_inside(reservation: Reservation) -> ConditionCheck | None:
    """The member's word on the inside, if they said it."""
    check = checks_of(reservation).get(CheckStage.INSIDE)
    return check if check is not None and check.cleanliness is not None else None


def settle_inside(reservation: Reservation, at: datetime) -> Promise | None:
    """Keep or break the promise of a clean car by that word; None without one, or when it was settled already."""
    check = said_inside(reservation)
    return it_was_clean(reservation, check.cleanliness, at) if check is not None and check.cleanliness is not None else None


def found_inside(reservation: Reservation, now: datetime) -> Found | None:
    """What to say of it on the trip's page."""
    check = said_inside(reservation)
    promise = db.session.scalar(select(Promise).where(
        Promise.reservation_id == reservation.id, Promise.kind == K.CLEAN.value, Promise.subject.is_(None),
        Promise.cause.is_distinct_from(Cause.CHANGED.value)))
    if check is None or check.cleanliness is None or promise is None:
        return None
    policies = policies_at(promise.minted_at)
    due, given = due_for("clean", check.cleanliness, {}, policies), db.session.get(Remedy, promise.id)
    return Found(check.cleanliness, _until(check) if may_change(check, now) else None, due.amount if due else None,
                 given is not None, given is None and was_paid_often(K.CLEAN, promise.member_id, now, policies))
