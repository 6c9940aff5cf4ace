"""A car goes from one state to another, and the move keeps who, when and why."""

from datetime import datetime

from core.database import db, transaction
from fleet.cars.models import Car, CarMove, CarState


def move(*, car: Car, after: CarState, by_user_id: int | None, why: str, now: datetime) -> CarMove:
    """Set the car's state and write the move down."""
    with transaction():
        made = CarMove(car_id=car.id, before=car.state, after=after, at=now, by_user_id=by_user_id, why=why)
        car.state = after
        db.session.add(made)
        db.session.flush()
    return made
