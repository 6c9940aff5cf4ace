"""A car goes back into service: the block ends, and what it held is free again."""

from datetime import datetime

from sqlalchemy import delete, select

from core.audit import audit
from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import held, tell_free
from fleet.calendar.models import Occupancy
from fleet.cars.models import Car, CarState
from fleet.cars.move import move
from fleet.cars.state import OUT_OF_SERVICE
from fleet.service.block import locked_car
from fleet.service.errors import NotOut
from fleet.service.models import Block
from fleet.service.queries import open_block_of


def put_back(*, car: Car, by_user_id: int, why: str, now: datetime) -> Block | None:
    """End the car's block, free its time and return it. None if the car was out without a block. Raises NotOut."""
    with transaction():
        car = locked_car(car.id)
        if car.state not in OUT_OF_SERVICE:
            raise NotOut(car_id=car.id)
        block = open_block_of(car.id)
        if block is not None:
            block.ended_at = now
            _free(block)
        move(car=car, after=CarState.AVAILABLE, by_user_id=by_user_id, why=why, now=now)
    return block


def _free(block: Block) -> None:
    mine = db.session.scalars(select(Occupancy).where(Occupancy.block_id == block.id)).all()
    for occupancy in mine:
        audit(f"occupancies/{occupancy.id}", before=held(block, occupancy.span), after={})
    if mine:  # told as one: whoever waits longest may wish for the end of one row and the beginning of the next
        tell_free(block.car_id, Span(min(each.starts_at for each in mine), max(each.ends_at for each in mine)))
    db.session.execute(delete(Occupancy).where(Occupancy.block_id == block.id))
