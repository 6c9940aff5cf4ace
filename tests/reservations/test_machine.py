"""Any mix of booking, changing, giving up, blocking and waiting, against a calendar of quarter-hours on paper.

The paper knows nothing of the code: which quarter-hours of which car belong to whom. After each step the database's calendar
is compared with it, and at the end every ledger balances. `SOAK=1` takes more than ten thousand steps on each database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, cycle, pairwise
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from core.database import db
from core.outbox import Handler, deliver
from core.refusal import Refusal
from core.time import Span
from fleet.calendar.hold import CarTaken
from fleet.calendar.models import Occupancy
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car, CarState
from fleet.service.block import take_out_of_service
from fleet.service.put_back import put_back
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, Role, User
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.handlers import handlers
from reservations.booking.cancel import cancel
from reservations.booking.change.change import change
from reservations.booking.change.errors import NothingToChange, TripIsOver
from reservations.booking.change.models import GivenBackQuarter
from reservations.booking.change.proposal import Wish
from reservations.booking.errors import BadSpan, YoursAlready
from reservations.booking.models import Reservation, Status, Waiver
from reservations.waitlist.answer import accept_offer, decline_offer
from reservations.waitlist.errors import OfferLapsed, TooManyWaits
from reservations.waitlist.join import Wish as WaitFor
from reservations.waitlist.join import join_waitlist
from reservations.waitlist.leave import leave_waitlist
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from tests.conftest import SOAK
from tests.factories import NOON, Clock, People
from tests.reservations.made import booked

EXAMPLES, STEPS, LEAST = (130, 100, 10_000) if SOAK else (6, 25, 60)  # and the least taken of them
QUARTER = timedelta(minutes=15)
HOURS_AHEAD = 14  # all wishes of an example lie in these: they meet often
WISHES = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, HOURS_AHEAD * 4 - 1), st.integers(2, 16))
CALENDAR_JOBS = ("no_show", "time_freed", "wait_look", "wait_lapse", "wait_over", "quarters_given_back")  # and not the letters

pytestmark = pytest.mark.long


@dataclass
class World:
    """What lasts over all examples: the people, and cars that no example has used yet."""

    app: Flask
    clock: Clock
    members: list[Member]
    staff: User
    cars: Iterator[tuple[Car, Car]]
    handlers: Mapping[str, Handler]
    forms: Iterator[int] = field(default_factory=count)
    steps: int = 0


def quarters(span: Span) -> set[datetime]:
    """The quarter-hours that a span takes, also those that it only begins."""
    found, at = set(), span.start
    while at < span.end:
        found.add(at)
        at += QUARTER
    return found


class Calendar(RuleBasedStateMachine):
    """Two cars, three members and the paper."""

    world: World
    trips = Bundle("trips")
    waits = Bundle("waits")

    @initialize(target=trips, wishes=st.lists(WISHES, min_size=4, max_size=8))
    def begin(self, wishes: list[tuple[int, int, int, int]]) -> object:
        db.session.rollback()
        self.world.clock.at += timedelta(days=1)
        self.cars = next(self.world.cars)
        self.paper: dict[int, dict[datetime, str]] = {car.id: {} for car in self.cars}  # whose each quarter-hour is
        self.mine: dict[int, Span] = {}  # what each live booking takes, its turnaround too
        self.ended: dict[int, int] = {}  # what ending a booking was said to cost, in cents
        self.offers: dict[UUID, Span] = {}
        self.blocked: dict[int, Span] = {}
        self.turnarounds = {car.id: turnaround_of(car, policies_at(self.now)) for car in self.cars}
        made = [self._book(*wish) for wish in wishes]
        return multiple(*(trip for trip in made if trip is not None))

    @property
    def now(self) -> datetime:
        return self.world.clock()

    @rule(target=trips, who=st.integers(0, 2), which=st.integers(0, 1), start=st.integers(1, HOURS_AHEAD * 4 - 1),
          length=st.integers(2, 16))
    def book(self, who: int, which: int, start: int, length: int) -> object:
        trip = self._book(who, which, start, length)
        return multiple() if trip is None else trip

    def _book(self, who: int, which: int, start: int, length: int) -> int | None:
        car = self.cars[which]
        span = Span(self.now + start * QUARTER, self.now + (start + length) * QUARTER)
        wanted = Span(span.start, span.end + self.turnarounds[car.id])
        free = not self._taken(car.id, wanted)
        try:
            made = booked(self.world.members[who], car, span, now=self.now)
        except CarTaken:
            assert not free, "refused although it was free"
            return None
        assert free, "booked although it was taken"
        self._take(made.id, car.id, wanted)
        return made.id

    @rule(trip=consumes(trips))
    def cancel(self, trip: int) -> None:
        reservation = db.session.get_one(Reservation, trip)
        live = trip in self.mine
        try:
            fee = cancel(reservation=reservation, now=self.now)
        except Refusal:
            assert not live, "a live booking can be given up"
            return
        if live:
            self.ended[trip] = fee.cents
            self._give(trip)
            self._settle()
        assert fee.cents == self.ended[trip], "cancelling twice costs once"

    @rule(trip=trips, which=st.integers(0, 1), start=st.integers(1, HOURS_AHEAD * 4 - 1), length=st.integers(2, 16))
    def move_or_swap(self, trip: int, which: int, start: int, length: int) -> None:
        self._change(trip, self.cars[which], Span(self.now + start * QUARTER, self.now + (start + length) * QUARTER))

    @rule(trip=trips, by=st.integers(-8, 8))
    def extend_or_shorten(self, trip: int, by: int) -> None:
        reservation = db.session.get_one(Reservation, trip)
        if by and reservation.ends_at + by * QUARTER > reservation.starts_at:
            self._change(trip, reservation.car, Span(reservation.starts_at, reservation.ends_at + by * QUARTER))

    def _change(self, trip: int, car: Car, span: Span) -> None:
        reservation, before = db.session.get_one(Reservation, trip), self._row(trip)
        wanted = Span(span.start, span.end + self.turnarounds[car.id])
        in_the_way = {at for at in self._taken(car.id, wanted) if self.paper[car.id][at] != f"trip {trip}"}
        try:
            made = change(reservation=reservation, wish=Wish(car, span), shown=None, once=f"change-{next(self.world.forms)}",
                          now=self.now)
        except (CarTaken, YoursAlready):
            assert in_the_way, "refused although it was free"
        except (NothingToChange, BadSpan):
            pass
        except TripIsOver:
            assert trip not in self.mine or self.now >= before.ends_at, "a live booking can be changed"
        else:
            assert trip in self.mine, "what is over was changed"
            assert not in_the_way, "changed although it was taken"
            assert self._row(trip).price_cents == before.price_cents + made.difference_cents
            self._give(trip)
            self._take(trip, car.id, wanted)
            self._settle()
            return
        assert self._row(trip) == before, "a refusal changed something"

    @rule(target=waits, who=st.integers(0, 2), which=st.integers(0, 1), start=st.integers(1, HOURS_AHEAD * 4 - 1),
          length=st.integers(2, 16))
    def wait(self, who: int, which: int, start: int, length: int) -> object:
        made = self._wait(who, self.cars[which], Span(self.now + start * QUARTER, self.now + (start + length) * QUARTER))
        return multiple() if made is None else made

    def _wait(self, who: int, car: Car, span: Span) -> UUID | None:
        own = self._own(who, car, span)
        try:
            made = join_waitlist(member=self.world.members[who], wish=WaitFor(span, car),
                                 once=f"wait-{next(self.world.forms)}", now=self.now)
        except TooManyWaits:
            return None
        except YoursAlready:
            assert own, "refused to wait although the booking is somebody else's"
            return None
        assert not own, "waits for what is theirs"
        self._settle()
        return made.id

    def _own(self, who: int, car: Car, span: Span) -> bool:
        """Whether a live booking of the member takes some of this time."""
        live = [db.session.get_one(Reservation, trip) for trip in self.mine]
        return any(each.member_id == self.world.members[who].id and each.car_id == car.id and each.span.overlaps(span)
                   for each in live)

    @rule(target=waits, trip=trips, who=st.integers(0, 2))
    def two_wait_and_it_is_given_up(self, trip: int, who: int) -> object:
        """By chance two seldom wait for the same time: these do, one a quarter-hour after the other."""
        reservation = db.session.get_one(Reservation, trip)
        if trip not in self.mine or reservation.starts_at <= self.now + 2 * QUARTER:
            return multiple()
        made = []
        for member in (who, (who + 1) % 3):
            made.append(self._wait(member, reservation.car, Span(reservation.starts_at, reservation.ends_at)))
            self.time_goes_on(1)
        self.cancel(trip)
        return multiple(*(wait for wait in made if wait is not None))

    @rule(wait=waits)
    def accept(self, wait: UUID) -> None:
        offer = db.session.scalars(select(WaitOffer).where(WaitOffer.wait_id == wait)).first()
        if offer is None:
            return
        stands = offer.id in self.offers
        try:
            made = accept_offer(offer=offer, waiver=Waiver.INCLUDED, now=self.now)
        except OfferLapsed:
            assert not stands, "an offer that stands can be taken"
            return
        if stands:
            self._take(made.id, offer.car_id, self.offers.pop(offer.id))

    @rule(wait=waits, leave=st.booleans())
    def decline_or_leave(self, wait: UUID, leave: bool) -> None:
        offer = db.session.scalars(select(WaitOffer).where(WaitOffer.wait_id == wait)).first()
        if leave:
            leave_waitlist(wait=db.session.get_one(Wait, wait), now=self.now)
        elif offer is not None:
            decline_offer(offer=offer, now=self.now)
        self._settle()

    @rule(which=st.integers(0, 1), hours=st.integers(1, HOURS_AHEAD))
    def block(self, which: int, hours: int) -> None:
        car, until = self.cars[which], self.now + timedelta(hours=hours)
        try:
            take_out_of_service(car=car, state=CarState.CLEANING, why="spilt milk", until=until, by_user_id=self.world.staff.id,
                                now=self.now)
        except Refusal:
            assert car.id in self.blocked, "a car in service can be taken out"
            return
        assert car.id not in self.blocked
        self.blocked[car.id] = Span(self.now, until)
        for at in quarters(self.blocked[car.id]):
            self.paper[car.id].setdefault(at, "block")

    @rule(which=st.integers(0, 1))
    def put_back(self, which: int) -> None:
        car = self.cars[which]
        if car.id not in self.blocked:
            return
        put_back(car=car, by_user_id=self.world.staff.id, why="it is clean", now=self.now)
        del self.blocked[car.id]
        self.paper[car.id] = {at: whose for at, whose in self.paper[car.id].items() if whose != "block"}
        self._settle()

    @rule(some=st.integers(1, 12))
    def time_goes_on(self, some: int) -> None:
        """Nobody comes for the cars: bookings whose hour has passed end by themselves, and only those."""
        self.world.clock.at += some * QUARTER
        self._settle()

    def _settle(self) -> None:
        """Let the worker do what is due, and see what became of the bookings and offers."""
        for _ in range(20):
            if not deliver({kind: self.world.handlers[kind] for kind in CALENDAR_JOBS}, limit=500):
                break
        db.session.rollback()
        self._see_offers_go()
        for trip, span in list(self.mine.items()):
            reservation = db.session.get_one(Reservation, trip)
            if reservation.status == Status.BOOKED:
                overdue = self.now >= reservation.starts_at + timedelta(minutes=60)
                assert not overdue or reservation.car_id in self.blocked or self.now < span.end, (
                    "nobody came, and it holds the car")
                continue
            assert reservation.status in (Status.NO_SHOW, Status.CANCELLED)
            assert self.now >= reservation.starts_at, "it ended before its time"
            self.ended[trip] = self._billed(trip)
            self._give(trip)
        self._see_offers_come()

    def _see_offers_go(self) -> None:
        for offer_id, span in list(self.offers.items()):
            offer = db.session.get_one(WaitOffer, offer_id)
            if offer.state == OfferState.OPEN:
                assert self.now < offer.lapses_at, "an offer outlived its time"
                continue
            assert offer.state in (OfferState.DECLINED, OfferState.LAPSED)
            del self.offers[offer_id]
            self._free(offer.car_id, span)

    def _see_offers_come(self) -> None:
        """New offers go to time that is free, in the order in which people joined; nobody is left who could have had one."""
        waits = db.session.scalars(select(Wait).where(Wait.car_id.in_(self.paper)).order_by(Wait.joined_at, Wait.id)).all()
        new = {offer.wait_id: offer for offer in db.session.scalars(
            select(WaitOffer).where(WaitOffer.car_id.in_(self.paper), WaitOffer.state == OfferState.OPEN))
            if offer.id not in self.offers}
        for wait in waits:
            wanted = Span(wait.starts_at, wait.ends_at + self.turnarounds[wait.car_id])
            free = not self._taken(wait.car_id, wanted)
            if wait.id in new:
                assert free, "an offer of what is taken"
                self.offers[new[wait.id].id] = wanted
                for at in quarters(wanted):
                    self.paper[wait.car_id][at] = "offer"
            elif wait.state == WaitState.WAITING:
                assert not free, "who waits longest was passed over"

    @invariant()
    def the_calendar_is_as_on_paper(self) -> None:
        if not hasattr(self, "paper"):
            return
        self.world.steps += 1
        db.session.rollback()
        for car_id, paper in self.paper.items():
            rows = db.session.scalars(select(Occupancy).where(Occupancy.car_id == car_id).order_by(Occupancy.starts_at)).all()
            for before, after in pairwise(rows):
                assert before.ends_at <= after.starts_at, "two at a time"
            held = {at for row in rows for at in quarters(row.span)}
            assert held == set(paper)

    @invariant()
    def each_live_booking_holds_its_time_and_no_other_does(self) -> None:
        if not hasattr(self, "paper"):
            return
        known = {trip: self._held_by(trip) for trip in (*self.mine, *self.ended)}
        assert known == self.mine | dict.fromkeys(self.ended)

    def teardown(self) -> None:
        if not hasattr(self, "paper"):
            return
        db.session.rollback()
        for trip, cents in self.ended.items():
            assert self._billed(trip) == cents, "what it costs is what was said"
        for trip in self.mine:
            assert self._billed(trip) == 0, "nothing is billed before the end"
        assert differences() == [], "the ledger does not balance"
        self._refunds_are_of_what_others_had()
        for wait in db.session.scalars(select(Wait).where(Wait.ended_at.is_(None))).all():
            leave_waitlist(wait=wait, now=self.now)
        for trip in self.mine:  # whoever comes after finds cars that are free and in service
            cancel(reservation=db.session.get_one(Reservation, trip), now=self.now)
        for car in self.cars:
            if car.id in self.blocked:
                put_back(car=car, by_user_id=self.world.staff.id, why="the example is over", now=self.now)

    def _refunds_are_of_what_others_had(self) -> None:
        for trip in self.ended:
            mine = db.session.get_one(Reservation, trip)
            quarters_back = db.session.scalars(select(GivenBackQuarter).where(
                GivenBackQuarter.reservation_id == trip, GivenBackQuarter.refunded_at.is_not(None))).all()
            for one in quarters_back:
                other = db.session.get_one(Reservation, one.rebooked_by_id)
                assert other.member_id != mine.member_id
                assert other.car_id == one.car_id
                assert other.starts_at <= one.starts_at < other.ends_at
            back = db.session.scalar(select(func.coalesce(func.sum(LedgerRow.amount_cents), 0)).where(
                LedgerRow.reservation_id == trip, LedgerRow.origin == Origin.CORRECTION,
                LedgerRow.credit_account == Account.RECEIVABLE)) or 0
            assert back == sum(one.amount_cents for one in quarters_back) <= self.ended[trip]

    def _row(self, trip: int) -> Any:
        """A booking as the database has it, and what it holds."""
        db.session.rollback()
        return db.session.execute(select(
            Reservation.car_id, Reservation.starts_at, Reservation.ends_at, Reservation.price_cents, Reservation.status,
            Occupancy.starts_at.label("held_from"), Occupancy.ends_at.label("held_until"))
            .outerjoin(Occupancy, Occupancy.id == Reservation.occupancy_id).where(Reservation.id == trip)).one()

    def _taken(self, car_id: int, span: Span) -> set[datetime]:
        return quarters(span) & set(self.paper[car_id])

    def _take(self, trip: int, car_id: int, span: Span) -> None:
        self.mine[trip] = span
        for at in quarters(span):
            self.paper[car_id][at] = f"trip {trip}"

    def _give(self, trip: int) -> None:
        """Its time is free again, or the block's that lies there."""
        on_paper = [car for car, paper in self.paper.items() if f"trip {trip}" in paper.values()]
        self._free(on_paper[0], self.mine.pop(trip))

    def _free(self, car_id: int, span: Span) -> None:
        for at in quarters(span):
            del self.paper[car_id][at]
            block = self.blocked.get(car_id)
            if block and block.start <= at < block.end:
                self.paper[car_id][at] = "block"

    def _held_by(self, trip: int) -> Span | None:
        row = db.session.scalar(select(Occupancy).join(Reservation, Reservation.occupancy_id == Occupancy.id)
                                .where(Reservation.id == trip))
        return row.span if row else None

    def _billed(self, trip: int) -> int:
        return int(db.session.scalar(select(func.coalesce(func.sum(LedgerRow.amount_cents), 0)).where(
            LedgerRow.reservation_id == trip, LedgerRow.origin.in_((Origin.QUOTE, Origin.AFTER)))) or 0)


def test_no_mix_of_what_people_do_ever_overlaps_or_loses_anything(app: Flask, people: People, clock: Clock) -> None:
    by_turnaround: dict[bool, list[Car]] = {False: [], True: []}
    for car in db.session.scalars(select(Car).order_by(Car.name)):
        by_turnaround[turnaround_of(car, policies_at(NOON)) > timedelta(0)].append(car)
    pairs = zip(cycle(by_turnaround[False]), cycle(by_turnaround[True]))
    world = World(app, clock, [people.member(f"Wanda {n}") for n in range(3)], people.staff(Role.FLEET), pairs,
                  handlers(app.extensions["adapters"], "http://localhost"))

    class Ours(Calendar):
        pass

    Ours.world = world
    run_state_machine_as_test(Ours, settings=settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)))
    assert world.steps >= LEAST
