"""Exchanging what holds a car for something else: a booking that changes is at no moment without a car."""

from datetime import timedelta

from sqlalchemy import delete, select

from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import hold, hold_for_block, lock_car, part_in, tell_free
from fleet.calendar.models import Occupancy
from fleet.service.queries import open_block_of


def exchange(occupancy_id: int, car_id: int, span: Span, *, turnaround: timedelta) -> int:
    """Let go of what holds a car and take the car (the same or another one) for the span and its turnaround instead; return
    the new occupancy's id. What comes free of the old time an open block of its car has first.

    Raises CarTaken, and then the old time is held as before, also when the caller goes on in its transaction. Cars are
    locked in the order of their ids, so that two who exchange crosswise never wait for each other.
    """
    with transaction(), db.session.begin_nested():
        old = db.session.execute(
            select(Occupancy.car_id, Occupancy.starts_at, Occupancy.ends_at).where(Occupancy.id == occupancy_id)).one()
        for each in sorted({old.car_id, car_id}):
            lock_car(each)
        db.session.execute(delete(Occupancy).where(Occupancy.id == occupancy_id))
        new_id = hold(car_id, span, turnaround=turnaround)
        was, taken = Span(old.starts_at, old.ends_at), Span(span.start, span.end + turnaround)
        for freed in was.without(taken if old.car_id == car_id else None):
            _come_free(old.car_id, freed)
    return new_id


def _come_free(car_id: int, freed: Span) -> None:
    tell_free(car_id, freed)
    block = open_block_of(car_id)
    inside = part_in(block, freed) if block else None
    if block and inside:
        hold_for_block(block, inside)
