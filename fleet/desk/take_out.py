"""A manager takes a car out of service: the block, the bookings it puts at risk and the word to their members."""

from datetime import datetime

from core.database import db, transaction
from fleet.calendar.hold import CarTaken
from fleet.cars.models import Car, CarState
from fleet.desk.touched import lock_bookings, what_it_touches
from fleet.service.block import locked_car, take_out_of_service
from fleet.service.errors import EndsTooSoon
from fleet.service.models import Block
from reservations.booking.at_risk import put_at_risk
from reservations.booking.moves.end import lock_moves_and_cars, withdraw_moves
from reservations.booking.moves.propose import choices_for, propose_moves, take_turn


def take_out(*, car: Car, state: CarState, why: str, until: datetime, seen: str, by_user_id: int,
             now: datetime) -> Block | None:
    """Block the car and mark each booking inside as at risk, if what it touches is still what was shown. What is held for
    bookings of other cars is withdrawn, and they are offered another one.

    `seen` is the digest of the preview. When a booking has come or gone since, nothing is changed and None comes back:
    show the preview again. Raises what take_out_of_service raises, except CarTaken: that too is a changed preview.
    """
    choices = choices_for(what_it_touches(car, until, now).need_another, now)  # looked for before anything is locked
    try:
        with transaction():
            take_turn()
            moves = lock_moves_and_cars(lock_bookings(car.id), [car.id])
            locked_car(car.id)
            touched = what_it_touches(car, until, now)
            if touched.digest != seen:
                return None
            if touched.ends_before_it_begins:
                raise EndsTooSoon(car_id=car.id)
            block = take_out_of_service(car=car, state=state, why=why, until=until, by_user_id=by_user_id, now=now)
            withdraw_moves(moves, car.id, touched.held_for, now)
            for booking in touched.need_another:
                put_at_risk(booking, now, now)
            propose_moves(touched.need_another, choices, by_user_id, now)
            db.session.flush()
    except CarTaken:
        return None
    return block
