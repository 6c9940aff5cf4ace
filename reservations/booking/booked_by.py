"""Booking for another driver on the account: who may drive for it, who may see to the trip, and the word to whoever booked."""

from datetime import datetime
from enum import StrEnum

from core.outbox import post
from core.refusal import NotFound
from portal.account.models import Member
from portal.billing.payers.drivers import drives_for, other_drivers
from reservations.booking.models import Reservation


class Told(StrEnum):
    """What whoever booked for somebody else hears of."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    AT_RISK = "at_risk"
    SAFE = "safe"


def driver_of(member: Member, driver_id: str) -> Member:
    """Who is to drive: the member themselves, or the other driver on their account with this id. Raises NotFound for
    anybody else."""
    if not driver_id or driver_id == str(member.id):
        return member
    found = next((each for each in other_drivers(member.id) if str(each.id) == driver_id), None)
    if found is None:
        raise NotFound()
    return found


def booker_of(reservation: Reservation) -> int | None:
    """The member who booked it for another driver; none for whoever drives on the account that pays for it no longer: the
    trip is not theirs to see then."""
    booker, payer = reservation.booked_by_id, reservation.payer_id
    return booker if booker is not None and payer is not None and drives_for(payer, booker) else None


def tell_booker(reservation: Reservation, told: Told, now: datetime, *, fee_cents: int = 0) -> None:
    """Have whoever booked for somebody else hear of it after this commit; the driver has a letter of their own."""
    booker = booker_of(reservation)
    if booker is not None:
        post("booked_for", member_id=booker, due=now, reservation_id=reservation.id, told=str(told),
             fee_cents=fee_cents)
