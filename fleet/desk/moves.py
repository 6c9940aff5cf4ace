"""Offering other cars for the bookings that a block puts at risk."""

from collections.abc import Sequence
from datetime import datetime

from fleet.desk.stand_ins import stand_ins
from reservations.booking.models import Reservation
from reservations.booking.moves.offer import offer_move


def propose_moves(bookings: Sequence[Reservation], by_user_id: int | None, now: datetime) -> int:
    """Offer each booking that has one its best stand-in, within the open transaction; return how many were offered. A booking
    that has none stays at risk, and its member may take any car that is free then or cancel at no cost.
    """
    found = stand_ins(bookings, now)
    moves = [offer_move(reservation=booking, car=found[booking.id].car, by_user_id=by_user_id, now=now)
             for booking in bookings if booking.id in found]
    return len([move for move in moves if move is not None])
