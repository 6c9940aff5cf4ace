"""A booking whose car may not be ready for it, and one whose car is ready after all: both are said to whoever has to know."""

from datetime import datetime

from core.outbox import post
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.models import Reservation


def put_at_risk(reservation: Reservation, since: datetime, now: datetime) -> None:
    """Mark the booking within the open transaction and have its people told; one that is marked keeps its own mark."""
    reservation.at_risk_since = reservation.at_risk_since or since
    post("trip_at_risk", member_id=reservation.member_id, reservation_id=reservation.id)
    tell_booker(reservation, Told.AT_RISK, now)


def safe_again(reservation: Reservation, now: datetime) -> None:
    """The booking goes on as booked, within the open transaction."""
    reservation.at_risk_since = None
    post("trip_safe_again", member_id=reservation.member_id, reservation_id=reservation.id)
    tell_booker(reservation, Told.SAFE, now)
