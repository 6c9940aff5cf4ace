"""A block past its time reaches on: bookings ahead of it are at risk too, and their members are told in time."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from fleet.desk.touched import BookingsWithin, lock_bookings
from fleet.service.extend import AHEAD
from fleet.service.models import Block
from reservations.booking.at_risk import put_at_risk
from reservations.booking.moves.propose import choices_for, propose_moves, take_turn


def warn_ahead(now: datetime) -> int:
    """Put at risk each booking that begins within the hours an overdue block holds ahead; return how many were new.

    Each member is told once. Putting the car back makes them safe again, like those inside the planned time.
    """
    overdue = db.session.scalars(select(Block).where(Block.ended_at.is_(None), Block.until <= now)).all()
    return sum(_warn(block, now) for block in overdue)


def _warn(block: Block, now: datetime) -> int:
    reached = BookingsWithin(block.car_id, now, now + AHEAD)
    seen = [booking for booking in reached.all() if booking.at_risk_since is None]
    if not seen:
        return 0  # nothing new, so no lock
    choices = choices_for(seen, now)
    with transaction():
        take_turn()
        lock_bookings(block.car_id)
        db.session.refresh(block)
        new = [booking for booking in reached.all() if booking.at_risk_since is None] if block.ended_at is None else []
        for booking in new:
            put_at_risk(booking, block.starts_at, now)
        propose_moves(new, choices, None, now)
    return len(new)
