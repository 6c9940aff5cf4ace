"""What follows a change, within its transaction: promises, clocks, the hold on the card, and the letter."""

from datetime import datetime

from core.outbox import post
from fleet.tariffs.in_force import policies_at
from reservations.booking.book import REMIND_BEFORE, post_clocks
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.change.models import ReservationChange, Why
from reservations.booking.hold_price import hold_from, hold_later
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import withdraw_move
from reservations.booking.promises import promise_anew


def follow(reservation: Reservation, made: ReservationChange, now: datetime, *, same_car: bool) -> None:
    """Settle what no longer holds and promise what holds now; have the clocks ring at the new times, the card hold the new
    price, and the member hear of it. Jobs of the old times end by themselves: they name the start they are for."""
    promise_anew(reservation, now, policies_at(now), reservation.starts_at - REMIND_BEFORE, same_car=same_car,
                 change_id=str(made.id))
    if made.why != Why.MOVED_BY_US:
        withdraw_move(reservation, now)
    if reservation.status == Status.BOOKED and made.before_starts_at != made.after_starts_at:
        post_clocks(reservation, now)
    hold_later(reservation, now)
    far_now = hold_from(made.before_starts_at, now) <= now < hold_from(made.after_starts_at, now)
    if made.difference_cents or far_now:
        post("hold_changed", member_id=reservation.member_id, due=now, once=f"hold_changed-{made.id}",
             reservation_id=reservation.id, change_id=str(made.id))
    tell_booker(reservation, Told.CHANGED, now)
    post("booking_changed", member_id=reservation.member_id, due=now, reservation_id=reservation.id, change_id=str(made.id))
