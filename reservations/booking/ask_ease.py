"""Asking how easy it was to change a booking, of whoever was refused: when there is time to answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from core.database import transaction, when_over
from core.outbox import post
from core.refusal import Refusal
from experience.record.observe import aside
from reservations.booking.models import Reservation

ASK_AFTER = timedelta(hours=3)  # whoever stands in the street without a car has other things to do


@contextmanager
def asked_if_refused(reservation: Reservation, now: datetime) -> Iterator[None]:
    """Have the booking's member asked once when the block is refused, also when a larger transaction is undone with it."""
    member_id, reservation_id = reservation.member_id, reservation.id

    def ask() -> None:
        with aside(), transaction():
            post("ask", member_id=member_id, due=now + ASK_AFTER, once=f"ask-change-{reservation_id}",
                 solicitation="change_ease", reservation_id=reservation_id)
    try:
        yield
    except Refusal:
        when_over(ask)
        raise
