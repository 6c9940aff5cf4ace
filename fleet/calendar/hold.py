"""`hold()`: the one way to take a car. The database decides, so two people can never both win."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from core.audit import audit
from core.database import db, transaction
from core.outbox import post
from core.refusal import Refusal
from core.time import Span
from fleet.calendar.models import Kind, Occupancy, Taken
from fleet.cars.models import Car
from fleet.service.models import Block
from fleet.service.queries import open_block_of

# Built once: every booking and every search asks one of them.
_spans: Table = Occupancy.__table__
_HOLD = {"postgresql": postgresql.insert(_spans).on_conflict_do_nothing().returning(_spans.c.id),
         "sqlite": insert(_spans).returning(_spans.c.id)}
_TAKEN = select(*(_spans.c[name] for name in Taken._fields)).where(
    _spans.c.car_id.in_(bindparam("cars", expanding=True)), _spans.c.ends_at > bindparam("since"),
    _spans.c.starts_at < bindparam("until")).order_by(_spans.c.car_id, _spans.c.starts_at)


class CarTaken(Refusal):
    code, status = "car_taken", 409
    says = _l("Someone was a little faster: this car is taken for part of that time.")
    remedy = _l("Nothing was booked and nothing is charged. Here are others nearby.")


def hold(car_id: int, span: Span, kind: Kind = Kind.TRIP, *, block_id: int | None = None,
         turnaround: timedelta = timedelta(0)) -> int:
    """Take the car for the span, and the turnaround after it (`turnaround_of()`), and return the occupancy's id. Raises
    CarTaken; the transaction stays usable.

    PostgreSQL answers from the exclusion constraint without waiting for a deadlock; SQLite from a trigger of the
    same name. There is nothing to check beforehand.
    """
    return _take({"car_id": car_id, "starts_at": span.start, "ends_at": span.end + turnaround, "kind": str(kind),
                  "block_id": block_id, "turnaround_from": span.end if turnaround else None})


def _take(values: dict[str, Any]) -> int:
    with transaction():
        try:
            occupancy_id = db.session.scalar(_HOLD[db.engine.dialect.name], values)
        except IntegrityError as error:
            if "one_driver_at_a_time" not in str(error.orig):
                raise
            raise CarTaken(car_id=values["car_id"]) from error
        if occupancy_id is None:
            raise CarTaken(car_id=values["car_id"])
        return int(occupancy_id)


def hold_for_block(block: Block, within: Span) -> None:
    """Hold every free gap of the block's car inside `within`. Raises CarTaken when somebody books one just now."""
    for gap in free_gaps(block.car_id, within):
        occupancy_id = hold(block.car_id, gap, Kind.BLOCK, block_id=block.id)
        audit(f"occupancies/{occupancy_id}", before={}, after=held(block, gap))


def held(block: Block, gap: Span) -> dict[str, Any]:
    """What the audit says of time that a block holds."""
    return {"car_id": block.car_id, "block_id": block.id, "kind": str(Kind.BLOCK),
            "starts_at": gap.start, "ends_at": gap.end}


def release(occupancy_id: int | None) -> None:
    """Give the time back; what of it lies in the car's open block is held for the block at once.

    Releasing what has gone already changes nothing. Whoever has the booking's row locks it first, then this the car's.
    """
    with transaction():
        row = db.session.execute(
            select(Occupancy.car_id, Occupancy.starts_at, Occupancy.ends_at).where(Occupancy.id == occupancy_id)).first()
        if row is None:
            return
        lock_car(row.car_id)  # else a block that begins at this moment would see the time still taken
        db.session.execute(delete(Occupancy).where(Occupancy.id == occupancy_id))
        tell_free(row.car_id, Span(row.starts_at, row.ends_at))
        block = open_block_of(row.car_id)
        inside = part_in(block, Span(row.starts_at, row.ends_at)) if block else None
        if block and inside:
            hold_for_block(block, inside)


def end_of_trip(occupancy_id: int | None, at: datetime) -> None:
    """Give back what is left of a trip's time when the car comes back at `at`, except for its turnaround, which begins now
    and lasts as long as was held for it, or until the car is taken by somebody else.

    Turnarounds of the car that are over are swept away, so that each car keeps one row of them at most.
    """
    with transaction():
        row = db.session.execute(select(Occupancy.car_id, Occupancy.ends_at, Occupancy.turnaround_from).where(
            Occupancy.id == occupancy_id)).first()
        release(occupancy_id)
        if row is None or row.turnaround_from is None:
            return
        db.session.execute(delete(Occupancy).where(
            Occupancy.car_id == row.car_id, Occupancy.ends_at <= at, Occupancy.turnaround_from == Occupancy.starts_at))
        length = row.ends_at - row.turnaround_from
        gaps = free_gaps(row.car_id, Span(at, at + length))
        if gaps and gaps[0].start == at:
            with suppress(CarTaken):  # booked at this very moment, when the car came back late: that booking stands
                _take({"car_id": row.car_id, "starts_at": at, "ends_at": gaps[0].end, "kind": str(Kind.TRIP),
                       "turnaround_from": at})


def tell_free(car_id: int, freed: Span) -> None:
    """Have whoever waits for some of this time hear that it was given back, after this commit; what of it is free then the
    calendar decides (reservations/waitlist/offer.py).
    """
    post("time_freed", car_id=car_id, start=freed.start.isoformat(), end=freed.end.isoformat())


def hand_over(occupancy_id: int) -> int:
    """Let what was held for an offer be held for the trip that came of it: the car is free for nobody in between. Raises
    CarTaken when the offer holds nothing any more.
    """
    with transaction():
        mine = db.session.scalar(update(Occupancy).where(Occupancy.id == occupancy_id, Occupancy.kind == Kind.OFFER)
                                 .values(kind=str(Kind.TRIP)).returning(Occupancy.id))
        if mine is None:
            raise CarTaken(occupancy_id=occupancy_id)
        return int(mine)


def lock_car(car_id: int) -> None:
    """Keep the car from other hands until the transaction ends; bookings go on, the calendar decides about them."""
    db.session.execute(select(Car.id).where(Car.id == car_id).with_for_update(key_share=True))


def lock_cars(car_ids: Iterable[int]) -> None:
    """The same for several: always in the order of their ids, and before the first of them is released, so that two who need
    the same cars never wait for each other."""
    for car_id in sorted(set(car_ids)):
        lock_car(car_id)


def part_in(block: Block, freed: Span) -> Span | None:
    """The part of freed time in which the block keeps the car. One that is overdue reaches as far as it was moved on."""
    reach = db.session.scalar(select(func.max(Occupancy.ends_at)).where(Occupancy.block_id == block.id)) or block.until
    end = freed.end if reach > block.until and freed.start <= reach else min(freed.end, block.until)
    start = max(freed.start, block.starts_at)
    return Span(start, end) if start < end else None


def taken_spans(car_ids: list[int], within: Span) -> dict[int, list[Taken]]:
    """What overlaps `within`, per car, in order of time."""
    spans: dict[int, list[Taken]] = {car_id: [] for car_id in car_ids}
    for row in db.session.execute(_TAKEN, {"cars": car_ids, "since": within.start, "until": within.end}):
        spans[row.car_id].append(Taken(*row))
    return spans


def free_gaps(car_id: int, within: Span) -> list[Span]:
    """The stretches of `within` in which nobody has the car."""
    gaps, at = [], within.start
    for taken in taken_spans([car_id], within)[car_id]:
        if taken.starts_at > at:
            gaps.append(Span(at, taken.starts_at))
        at = max(at, taken.ends_at)
    if at < within.end:
        gaps.append(Span(at, within.end))
    return gaps


# The SQLite half of the no-overlap rule; PostgreSQL has the exclusion constraint of the model. Spans of one car never
# overlap, so only the first one that ends after the new start can be in the way: one probe of the index.
SQLITE_TRIGGERS = {
    "one_driver_at_a_time": text("""
        CREATE TRIGGER one_driver_at_a_time BEFORE INSERT ON occupancies
        WHEN (SELECT starts_at FROM occupancies WHERE car_id = NEW.car_id AND ends_at > NEW.starts_at
              ORDER BY ends_at LIMIT 1) < NEW.ends_at
        BEGIN SELECT RAISE(ABORT, 'one_driver_at_a_time'); END"""),
    "spans_never_move": text("""
        CREATE TRIGGER spans_never_move BEFORE UPDATE OF car_id, starts_at, ends_at ON occupancies
        BEGIN SELECT RAISE(ABORT, 'spans_never_move'); END"""),
}
