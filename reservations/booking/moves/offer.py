"""Offering a move: the other car is held, and the member is asked."""

from datetime import datetime, timedelta

from core.audit import audit
from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from fleet.calendar.hold import CarTaken, hold
from fleet.calendar.models import Kind
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from reservations.booking.booked_by import booker_of
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import open_move_of
from reservations.booking.moves.models import Move, MoveState


def offer_move(*, reservation: Reservation, car: Car, by_user_id: int | None, now: datetime) -> Move | None:
    """Hold the car for the booking's own time and ask its member; None when it is too late to ask, when an answer is waited
    for already, or when somebody has just taken the car. The booking itself stays as it is.

    The member has as long as the policy `move_answer` says, and until the trip begins at the latest.
    """
    with transaction():
        policies = policies_at(now)
        lapses = min(now + timedelta(minutes=policies["move_answer"].value), reservation.starts_at)
        if reservation.status != Status.BOOKED or lapses <= now or open_move_of(reservation) is not None:
            return None
        try:
            held = hold(car.id, reservation.span, Kind.OFFER, turnaround=turnaround_of(car, policies))
        except CarTaken:
            return None
        audit(f"occupancies/{held}", before={}, after={
            "car_id": car.id, "kind": str(Kind.OFFER), "starts_at": reservation.starts_at, "ends_at": reservation.ends_at,
            "reservation_id": reservation.id})
        move = Move(id=new_id(), reservation_id=reservation.id, car_id=car.id, occupancy_id=held, by_user_id=by_user_id,
                    offered_at=now, lapses_at=lapses, state=MoveState.OPEN)
        db.session.add(move)
        db.session.flush()
        for member_id in {reservation.member_id, booker_of(reservation) or reservation.member_id}:
            post("move_offered", member_id=member_id, due=now, reservation_id=reservation.id, move_id=str(move.id))
        post("move_lapse", due=lapses, move_id=str(move.id))
    return move
