"""Who may do what to a car, and when: pure rules."""

from datetime import datetime, timedelta

from core.refusal import Refusal
from fleet.cars.state import OUT_OF_SERVICE
from fleet.tariffs.quote import Policies
from fleet.telematics.port import Action
from portal.account.models import MemberStatus
from portal.billing.payments.errors import PaymentFirst
from reservations.booking.models import Reservation, Status
from reservations.trip.errors import (
    CheckFirst,
    LicenceOver,
    MembershipOver,
    OutOfService,
    StillOutWithAnother,
    TimeOver,
    TooEarly,
    TripOver,
)

FINDING_OPENS = timedelta(minutes=30)  # lights and horn help to find the car a little earlier than one may enter

FASTEST_MPH = 100  # on average over a trip: more is a slip of the pen


def farthest(since: datetime, now: datetime) -> int:
    """The most miles that a car can have gone since then: by the hour begun."""
    return FASTEST_MPH * max(1, -(-(now - since) // timedelta(hours=1)))


def opens_at(reservation: Reservation, policies: Policies, previous_end: datetime | None) -> datetime:
    """When the member may go in: 10 minutes early if nobody is before them, else at the start."""
    early = reservation.starts_at - timedelta(minutes=policies["early_access"].value)
    return early if previous_end is None or previous_end <= early else max(early, previous_end)


def is_over(reservation: Reservation, now: datetime) -> bool:
    """Whether a booked time has passed and nobody came: from its end on the car is the next member's."""
    return reservation.status == Status.BOOKED and now >= reservation.ends_at


def why_not(reservation: Reservation, action: Action, now: datetime, *, opens: datetime, early_minutes: int,
            checked: bool, out_with_another: bool, unpaid: bool = False, licensed: bool = True) -> Refusal | None:
    """The refusal that stands in the way of an action, if any. A safety unlock during a trip always works."""
    if reservation.status == Status.DRIVING:
        return None
    if reservation.status != Status.BOOKED:
        return TripOver()
    if is_over(reservation, now):
        return TimeOver()
    if now < opens - (FINDING_OPENS if action in (Action.FLASH, Action.HORN) else timedelta()):
        return TooEarly(early_minutes)
    if reservation.car.state in OUT_OF_SERVICE:
        return OutOfService()
    if out_with_another:
        return StillOutWithAnother()
    return _why_not_open(reservation, checked=checked, unpaid=unpaid, licensed=licensed) if action is Action.UNLOCK else None


def _why_not_open(reservation: Reservation, *, checked: bool, unpaid: bool, licensed: bool) -> Refusal | None:
    """What the member has to put right before a car opens that is there and theirs."""
    if reservation.member.status != MemberStatus.ACTIVE:
        return MembershipOver()
    if not licensed:
        return LicenceOver()
    if unpaid:
        return PaymentFirst()
    return None if checked else CheckFirst()
