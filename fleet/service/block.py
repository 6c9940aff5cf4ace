"""A car is taken out of service: its free time is held until someone says otherwise."""

from datetime import datetime

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import hold_for_block, lock_car
from fleet.cars.models import Car, CarState
from fleet.cars.move import move
from fleet.service.errors import AlreadyOut, CarIsRetired, EndsTooSoon
from fleet.service.models import Block
from fleet.service.queries import open_block_of


def take_out_of_service(*, car: Car, state: CarState, why: str, until: datetime, by_user_id: int,
                        now: datetime) -> Block:
    """Hold every free gap of the car from now to `until` and return the block.

    Bookings and a trip in progress keep their time: the block lies around them, and takes what they give back. Raises
    CarIsRetired, AlreadyOut, EndsTooSoon, and CarTaken when somebody books one of the gaps at this very moment; then
    nothing is held.
    """
    if until <= now:
        raise EndsTooSoon(car_id=car.id)
    with transaction():
        car = locked_car(car.id)
        if car.state == CarState.RETIRED:
            raise CarIsRetired(car_id=car.id)
        if open_block_of(car.id) is not None:
            raise AlreadyOut(car_id=car.id)
        block = Block(car_id=car.id, state=state, why=why, starts_at=now, until=until, by_user_id=by_user_id)
        db.session.add(block)
        db.session.flush()
        hold_for_block(block, Span(now, until))
        move(car=car, after=state, by_user_id=by_user_id, why=why, now=now)
    return block


def locked_car(car_id: int) -> Car:
    """The car, kept from other hands until the transaction ends."""
    lock_car(car_id)
    return db.session.get_one(Car, car_id, populate_existing=True)
