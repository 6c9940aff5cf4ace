"""Which other cars we offer for bookings whose own may not be ready, the same class first, then the nearest; offering them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from core.database import db, reading, take_turns
from core.time import Span
from fleet.calendar.turnaround import with_turnaround
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Reservation
from reservations.booking.moves.models import Move, MoveState
from reservations.booking.moves.offer import offer_move
from reservations.booking.stand_ins import StandIn, as_stand_in, free_for, ready_near
from reservations.search.nearby import Nearby

CHOICES = 5  # kept for each booking: what somebody takes meanwhile is not offered, but the next

Choices = Mapping[int, Sequence[StandIn]]


@reading()
def choices_for(bookings: Sequence[Reservation], now: datetime) -> Choices:
    """The best cars for each booking that is still to begin, by its id, the soonest booking first: none is the first choice of
    two at one time, and none is one that its member has declined. To be asked before anything is locked.
    """
    policies, ready, given = policies_at(now), dict[int, list[Nearby]](), dict[int, list[Span]]()
    declined, found = _declined(bookings), dict[int, list[StandIn]]()
    for booking in sorted(bookings, key=lambda each: (each.starts_at, each.id)):
        if booking.starts_at <= now:
            continue
        mine = booking.car
        if mine.id not in ready:
            ready[mine.id] = ready_near(mine, now)
        best = sorted((each for each in free_for(mine, booking.span, ready[mine.id], now)
                       if (booking.id, each.car.id) not in declined
                       and not any(with_turnaround(each.car, booking.span, policies).overlaps(span)
                                   for span in given.get(each.car.id, ()))),
                      key=lambda each: (each.car.car_class != booking.car.car_class, each.metres, len(each.lacks), each.car.id))
        if best:
            found[booking.id] = best[:CHOICES]
            given.setdefault(best[0].car.id, []).append(with_turnaround(best[0].car, booking.span, policies))
    return found


def take_turn() -> None:
    """Have whoever offers moves wait here, before anything else is locked, until the open transaction ends: two who each take a
    car out and offer the other's would wait for each other."""
    take_turns("moves")


def propose_moves(bookings: Sequence[Reservation], choices: Choices, by_user_id: int | None, now: datetime) -> int:
    """Offer each booking the best car that it can still have, within the open transaction; return how many were offered. One
    that has none stays at risk, and its member may take any car that is free then or cancel at no cost.
    """
    moves = [offer_best(booking, choices.get(booking.id, ()), by_user_id, now)
             for booking in sorted(bookings, key=lambda each: (each.starts_at, each.id))]
    return len([move for move in moves if move is not None])


def offer_best(booking: Reservation, choices: Sequence[StandIn], by_user_id: int | None, now: datetime) -> Move | None:
    """Offer the first of the cars that is still as it was when it was found; None when none is."""
    for each in choices:
        if as_stand_in(booking, each.car, booking.span, now) is None:
            continue
        move = offer_move(reservation=booking, car=each.car, by_user_id=by_user_id, now=now)
        if move is not None:
            return move
    return None


def _declined(bookings: Sequence[Reservation]) -> set[tuple[int, int]]:
    """The cars that were declined, each with its booking."""
    rows = db.session.execute(select(Move.reservation_id, Move.car_id).where(
        Move.reservation_id.in_([each.id for each in bookings]), Move.state == MoveState.DECLINED))
    return {(row.reservation_id, row.car_id) for row in rows}
