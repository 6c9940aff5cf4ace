"""A table like the calendar, with its indexes and without its guard: the floor of writing, and the control that must fail."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, bindparam, insert, select, text

from core.database import UtcDateTime, db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken, hold
from fleet.calendar.models import Kind

BARE = Table(
    "bench_bare", MetaData(), Column("id", Integer, primary_key=True), Column("car_id", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False), Column("ends_at", UtcDateTime, nullable=False),
    Column("kind", String, nullable=False), Column("block_id", Integer), Column("turnaround_from", UtcDateTime))
Index("ix_bare_probe", BARE.c.car_id, BARE.c.ends_at, BARE.c.starts_at)
Index("ix_bare_block", BARE.c.block_id)
FAR = timedelta(days=400)
_numbers = count()


def make_bare() -> None:
    with transaction():
        BARE.drop(db.session.connection(), checkfirst=True)
        BARE.create(db.session.connection())


def fresh_slot(base: datetime) -> Span:
    """A half-hour that nobody has, far behind everything booked from `base` on."""
    start = base + FAR + timedelta(minutes=30 * next(_numbers))
    return Span(start, start + timedelta(minutes=30))


def bare_insert(car_id: int, span: Span) -> None:
    with transaction():
        db.session.scalar(insert(BARE).values(car_id=car_id, starts_at=span.start, ends_at=span.end, kind="trip",
                                              block_id=None, turnaround_from=None).returning(BARE.c.id))


def guarded(car_id: int, span: Span) -> bool:
    try:
        with transaction():
            hold(car_id, span, Kind.TRIP)
    except CarTaken:
        return False
    return True


def looked_then_inserted(car_id: int, span: Span) -> bool:
    """What most booking systems do: look whether it is free, in a read of its own, and then write."""
    taken = db.session.scalar(select(BARE.c.id).where(
        BARE.c.car_id == car_id, BARE.c.ends_at > span.start, BARE.c.starts_at < span.end).limit(1))
    db.session.rollback()
    if taken is not None:
        return False
    bare_insert(car_id, span)
    return True


def overlaps(table: str, since: datetime) -> int:
    """How many pairs of spans that begin after that moment overlap on one car, counted pair by pair."""
    found = db.session.scalar(text(
        f"SELECT count(*) FROM {table} a JOIN {table} b ON a.car_id = b.car_id AND a.id < b.id "  # noqa: S608 - a name of ours
        "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at WHERE a.starts_at >= :since AND b.starts_at >= :since"
    ).bindparams(bindparam("since", since, UtcDateTime)))
    db.session.rollback()
    return int(found or 0)
