"""Ending an offered move without a change: what was held for it is free again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import Job
from core.time import Span
from core.time import now as service_now
from fleet.calendar.hold import lock_cars, release
from reservations.booking.models import Reservation
from reservations.booking.moves.models import Move, MoveState


def open_move_of(reservation: Reservation) -> Move | None:
    """The move that waits for the member's answer, if one does."""
    return db.session.scalar(select(Move).where(Move.reservation_id == reservation.id, Move.state == MoveState.OPEN))


def lock_move_and_cars(reservation: Reservation, *car_ids: int) -> Move | None:
    """Keep a booking's open move from other hands, then its car, the move's and these, within the open transaction; return the
    move. Whoever holds the booking's row calls it before the first of the cars is let go of.
    """
    return next(iter(lock_moves_and_cars([reservation.id], [reservation.car_id, *car_ids])), None)


def lock_moves_and_cars(reservation_ids: Iterable[int], car_ids: Iterable[int]) -> list[Move]:
    """The same for several bookings: their open moves, in the order of their ids, and then all of the cars at once."""
    moves = list(db.session.scalars(
        select(Move).where(Move.reservation_id.in_(list(reservation_ids)), Move.state == MoveState.OPEN).order_by(Move.id)
        .with_for_update(of=Move).execution_options(populate_existing=True)))
    lock_cars([*car_ids, *(move.car_id for move in moves)])
    return moves


def end_move(move: Move, state: MoveState, at: datetime) -> None:
    """Let go of the car within the open transaction, and keep what became of the move."""
    free_offered_car(move)
    move.state, move.answered_at = state, at
    db.session.flush()


def free_offered_car(move: Move) -> None:
    """Give back what is held for the move."""
    occupancy_id, move.occupancy_id = move.occupancy_id, None
    db.session.flush()
    release(occupancy_id)


def held_for(car_id: int, within: Span) -> list[Reservation]:
    """The bookings for which the car is held by an offer, for a time that lies at least partly in the span."""
    return list(db.session.scalars(
        select(Reservation).join(Move, Move.reservation_id == Reservation.id)
        .where(Move.car_id == car_id, Move.state == MoveState.OPEN, Reservation.starts_at < within.end,
               Reservation.ends_at > within.start).order_by(Reservation.starts_at, Reservation.id)))


def withdraw_moves(moves: Iterable[Move], car_id: int, bookings: Iterable[Reservation], at: datetime) -> None:
    """The car cannot be had for these bookings after all: withdraw those of the locked moves that offer it to them."""
    ids = {each.id for each in bookings}
    for move in moves:
        if move.car_id == car_id and move.reservation_id in ids:
            end_move(move, MoveState.WITHDRAWN, at)


def withdraw_move(reservation: Reservation, at: datetime) -> None:
    """There is no need for a move any more: the booking is over, was changed, or its own car is ready after all. Within the
    open transaction."""
    move = lock_move_and_cars(reservation)
    if move is not None:
        end_move(move, MoveState.WITHDRAWN, at)


def lapse_move(job: Job) -> None:
    """Handle the outbox's `move_lapse`: unanswered, the booking stays at risk, as if nothing had been offered."""
    with transaction():
        move = db.session.get_one(Move, UUID(job.facts["move_id"]), with_for_update={"of": Move}, populate_existing=True)
        if move.state == MoveState.OPEN:
            end_move(move, MoveState.LAPSED, service_now())
