"""A block past its time reaches on: bookings ahead of it are at risk too, and their members are told in time."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from fleet.desk.touched import BookingsWithin, lock_bookings
from fleet.service.extend import AHEAD
from fleet.service.models import Block
from reservations.booking.at_risk import put_at_risk
from reservations.booking.models import Reservation
from reservations.booking.moves.end import held_for, lock_moves_and_cars, withdraw_moves
from reservations.booking.moves.propose import choices_for, propose_moves, take_turn


def warn_ahead(now: datetime) -> int:
    """Put at risk each booking that begins within the hours an overdue block holds ahead; return how many were new. Those of
    other cars for which it is held by an offer then are offered another one.

    Each member is told once. Putting the car back makes them safe again, like those inside the planned time.
    """
    overdue = db.session.scalars(select(Block).where(Block.ended_at.is_(None), Block.until <= now)).all()
    return sum(_warn(block, now) for block in overdue)


def _warn(block: Block, now: datetime) -> int:
    reached = BookingsWithin(block.car_id, now, now + AHEAD)
    seen = [*_not_marked(reached), *held_for(block.car_id, reached.span)]
    if not seen:
        return 0  # nothing new, so no lock
    choices, looked_for = choices_for(seen, now), {booking.id for booking in seen}
    with transaction():
        take_turn()
        moves = lock_moves_and_cars(lock_bookings(block.car_id), [block.car_id])
        db.session.refresh(block)
        if block.ended_at is not None:
            return 0
        new = [booking for booking in (*_not_marked(reached), *held_for(block.car_id, reached.span))
               if booking.id in looked_for]  # what came since is seen, and looked for, the next time
        withdraw_moves(moves, block.car_id, new, now)
        for booking in new:
            put_at_risk(booking, block.starts_at, now)
        propose_moves(new, choices, None, now)
    return len(new)


def _not_marked(reached: BookingsWithin) -> list[Reservation]:
    return [booking for booking in reached.all() if booking.at_risk_since is None]
