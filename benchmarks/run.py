"""`make bench`: search, hold and booking against their floors, on the bundled city in a fresh SQLite database."""

import platform
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from os import cpu_count
from pathlib import Path
from time import perf_counter

from flask_migrate import upgrade
from sqlalchemy import insert, select

import config
from core.database import db, transaction
from core.time import Span, quarter_at_or_after
from fleet.calendar.hold import hold, taken_spans
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import Car
from fleet.cars.queries import CarsNow
from fleet.import_csv import import_city
from portal.account.add_user import add_member, add_user
from portal.account.models import Member, Plan
from portal.app import create_app
from portal.billing.payers.payer_of import add_business, let_pay
from reservations.booking.book import book
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from reservations.search.find import offers_for
from reservations.search.nearby import NearbyCars

ROUNDS = 200
LOOP = (41.8827, -87.6278)  # State & Madison
NOW = quarter_at_or_after(datetime.now(UTC))
_slots = count()


def main() -> None:
    """Measure floor and subject in turn and print the median of their ratios."""
    home = Path(tempfile.mkdtemp())
    app = create_app(config.load({"APP_ENV": "testing", "PORTAL_HOME": str(home)}))
    try:
        with app.app_context():
            upgrade()
            import_city(config.ROOT / "cities" / "chicago", seal=app.extensions["adapters"].seal.close)
            print(f"{platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
                  f"{cpu_count()} cores, {ROUNDS} rounds, {len(CarsNow().all())} cars")
            member_id = add_member(user=add_user(email="bench@example.com", name="Bench", password_hash="-"),  # noqa: S106 - nobody signs in
                                   plan=Plan.REGULAR).id
            let_pay(payer_id=add_business(name="Bench", email="bench@example.com", at=NOW).id, member_id=member_id, at=NOW)
            cars = [near.car.id for near in NearbyCars(*LOOP, 3000).all()]
            ratio("search: cars near a point with their calendars / the same rows by key", lambda: by_key(cars),
                  search)
            ratio("search with prices and judgement / the same rows by key", lambda: by_key(cars), offers)
            ratio("hold(), which answers with the id or CarTaken / bare insert; the trigger guards both", bare_insert,
                  hold_alone)
            ratio("whole booking: 1 transaction, 20 rows / bare insert", bare_insert, lambda: whole_booking(member_id))
    finally:
        shutil.rmtree(home)


def ratio(what: str, floor: Callable[[], None], subject: Callable[[], None]) -> None:
    """Time both in turn, so that a slow moment of the machine meets both, and print the median ratio."""
    for warm in (floor, subject) * 3:
        warm()
    pairs = [(_timed(floor), _timed(subject)) for _ in range(ROUNDS)]
    middle = statistics.median(after / before for before, after in pairs)
    p50 = statistics.median(after for _, after in pairs) * 1000
    print(f"  {middle:6.2f}×  p50 {p50:7.2f} ms  {what}")


def _timed(work: Callable[[], None]) -> float:
    db.session.rollback()
    db.session.expunge_all()
    began = perf_counter()
    work()
    return perf_counter() - began


def by_key(cars: list[int]) -> None:
    list(db.session.scalars(select(Car).where(Car.id.in_(cars))).unique())
    list(db.session.scalars(select(Occupancy).where(Occupancy.car_id.in_(cars))))


def search() -> None:
    near = NearbyCars(*LOOP, 3000).all()
    taken_spans([one.car.id for one in near], _span())


def offers() -> None:
    offers_for(NearbyCars(*LOOP, 3000).all(), _span(), Plan.REGULAR, NOW)


def _span() -> Span:
    return Span(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))


def _next_slot() -> Span:
    start = NOW + timedelta(minutes=30 * (next(_slots) % 8000))
    return Span(start, start + timedelta(minutes=30))


def bare_insert() -> None:
    span = _next_slot()
    with transaction():
        db.session.execute(insert(Occupancy).values(
            car_id=1, starts_at=span.start, ends_at=span.end, kind=Kind.BLOCK))


def hold_alone() -> None:
    with transaction():
        hold(1, _next_slot(), Kind.BLOCK)


def whole_booking(member_id: int) -> None:
    car = db.session.get_one(Car, 2)
    span = _next_slot()
    book(member=db.session.get_one(Member, member_id), car=car, waiver=Waiver.INCLUDED, once=f"bench-{next(_slots)}",
         offer=FrozenOffer(car.id, span, Plan.REGULAR, NOW), now=NOW)


if __name__ == "__main__":
    main()
