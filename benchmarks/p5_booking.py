"""P5: a whole booking - occupancy, reservation, quote, promises, jobs and steps in one transaction - against a bare insert."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import select

from benchmarks.bare import bare_insert, fresh_slot, make_bare
from benchmarks.bulk import FIRST_ID, LOOP
from benchmarks.measure import Ask, Result, in_turn
from benchmarks.places import forget_cache, place
from core.database import db
from core.time import Span, quarter_at_or_after
from fleet.cars.models import Car, CarClass
from fleet.tariffs.quote import NOBODY
from portal.account.add_user import add_member, add_user
from portal.account.models import Member, Plan
from portal.billing.payers.payer_of import add_business, let_pay
from reservations.booking.book import book
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from reservations.search.find import offers_for
from reservations.search.nearby import NearbyCars

NOW = quarter_at_or_after(datetime.now(UTC))
_slots = count()


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale, apart=True) as there, there.app().app_context():
        make_bare()
        member_id, base = bench_member(), there.base
        pairs = in_turn(ask.rounds, lambda: bare_insert(1, fresh_slot(base)), lambda: whole_booking(member_id), forget_cache)
    return [pairs.result(ask, "P5", "p5_booking", "a whole booking / a bare insert")]


def bench_member() -> int:
    """The id of a member who may book and whose bill a business pays."""
    member_id = add_member(user=add_user(email="bench@example.com", name="Bench", password_hash="-"),  # noqa: S106 - nobody signs in
                           plan=Plan.REGULAR, licence_until=date(2040, 1, 1)).id
    let_pay(payer_id=add_business(name="Bench", email="bench@example.com", at=NOW).id, member_id=member_id, at=NOW)
    return member_id


def whole_booking(member_id: int) -> None:
    """Book a car of the bundled city, which no booking of the bulk is on, for half an hour that is free with its turnaround."""
    number = next(_slots)
    car = db.session.scalars(select(Car).where(Car.id < FIRST_ID, Car.car_class != CarClass.EV).order_by(Car.id)
                             .offset(number // 400 % 100).limit(1)).one()
    start = NOW + timedelta(hours=2 + 4 * (number % 400))
    book(member=db.session.get_one(Member, member_id), car=car, waiver=Waiver.INCLUDED, once=f"bench-{number}",
         offer=FrozenOffer(car.id, Span(start, start + timedelta(minutes=30)), Plan.REGULAR, NOW), now=NOW)


def offers() -> None:
    """What the page of a search asks for: every car within 3 km, priced and judged."""
    tomorrow = NOW + timedelta(days=1)
    offers_for(NearbyCars(*LOOP, 3000).all(), Span(tomorrow, tomorrow + timedelta(hours=2)), Plan.REGULAR, NOW, NOBODY)
