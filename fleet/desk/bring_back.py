"""A manager puts a car back: its block ends, and the bookings that only this block put at risk are safe again."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from fleet.cars.models import Car
from fleet.desk.touched import lock_bookings
from fleet.service.put_back import put_back
from reservations.booking.at_risk import safe_again
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import lock_moves_and_cars, withdraw_move


def bring_back(*, car: Car, by_user_id: int, why: str, now: datetime) -> int:
    """Put the car back in service and return how many bookings are safe again. Raises NotOut.

    Only bookings that are still to be driven are: a trip that is on or over keeps its mark, as its story. A booking
    that was at risk before the block, or came to be for another reason, stays so.
    """
    with transaction():
        lock_moves_and_cars(lock_bookings(car.id), [car.id])  # each car that may be let go of, in one order
        block = put_back(car=car, by_user_id=by_user_id, why=why, now=now)
        if block is None:
            return 0
        safe = db.session.scalars(select(Reservation).where(
            Reservation.car_id == car.id, Reservation.at_risk_since == block.starts_at,
            Reservation.status == Status.BOOKED, Reservation.ends_at > now).order_by(Reservation.id)).all()
        for booking in safe:
            withdraw_move(booking, now)
            safe_again(booking, now)
        db.session.flush()
    return len(safe)
