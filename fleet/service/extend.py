"""A car is out of service until someone says otherwise: a block past its time goes on holding the hours ahead."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken, free_gaps, hold_for_block
from fleet.service.block import locked_car
from fleet.service.models import Block

AHEAD = timedelta(hours=4)  # always held from now on; no shorter than between two looks at a clock that runs fast
STEP = timedelta(hours=4)  # held at a time, so that a forgotten block grows by six rows a day
NEARLY = timedelta(minutes=2)  # before it ends, so that not even a moment is free between two looks


def extend_overdue(now: datetime) -> int:
    """Move on the held time of every open block that is overdue, and return for how many it was moved.

    Run it again and again (the worker's timers do): the hours ahead of such a car are never bookable, until put_back
    frees them. `until` stays what was planned; bookings that were made before keep their time.
    """
    due = db.session.scalars(
        select(Block.id).where(Block.ended_at.is_(None), Block.until <= now + NEARLY).order_by(Block.car_id)).all()
    return sum(_extend(block_id, now) for block_id in due)


def _extend(block_id: int, now: datetime) -> bool:
    with transaction():
        block = db.session.get_one(Block, block_id)
        locked_car(block.car_id)
        db.session.refresh(block)
        if block.ended_at is not None or not free_gaps(block.car_id, Span(now, now + AHEAD)):
            return False
        try:
            hold_for_block(block, Span(now, now + AHEAD + STEP))
        except CarTaken:  # somebody books a gap at this moment: the next look holds what is left
            return False
    return True
