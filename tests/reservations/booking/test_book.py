"""Booking: the calendar decides, at the price that was shown, all in one transaction or not at all."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import Span
from experience.record.models import Event
from experience.record.observe import Scene, scene
from fleet.calendar.hold import CarTaken
from fleet.calendar.models import Occupancy
from fleet.cars.models import CarState
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus, Plan
from reservations.booking.book import book
from reservations.booking.errors import BadSpan, CarStillOut, MayNotDrive
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.offer import FrozenOffer
from tests.factories import NOON, a_car, hours
from tests.fleet.made import driving
from tests.reservations.made import TOMORROW, booked, offered, steps


def rows(table) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_booking_holds_the_car_keeps_its_price_and_tells_the_member(app, people, clock):
    ada, car = people.member(), a_car()
    trip = booked(ada, car, waiver=Waiver.PLUS)
    occupancy = db.session.scalars(select(Occupancy)).one()
    assert (occupancy.car_id, occupancy.span, occupancy.kind) == (car.id, TOMORROW, "trip")
    assert (trip.member_id, trip.car_id, trip.lot_id, trip.status) == (ada.id, car.id, car.lot_id, Status.BOOKED)
    assert (trip.span, trip.occupancy_id, trip.booked_at) == (TOMORROW, occupancy.id, NOON)
    price = offered(car, ada).price(car, Waiver.PLUS)
    assert (trip.price, trip.quote) == (price.total, price.as_json())
    jobs = db.session.execute(select(OutboxRow.kind, OutboxRow.due_at).order_by(OutboxRow.due_at)).all()
    assert [tuple(job) for job in jobs] == [
        ("booking_confirmed", NOON), ("trip_hold", NOON), ("trip_reminder", TOMORROW.start - timedelta(hours=1)),
        ("no_show", TOMORROW.start + timedelta(minutes=60))]


def test_the_step_is_written_with_the_booking(app, people, clock):
    trip = booked(people.member())
    assert sorted(steps()) == [("book.confirm", "succeeded", None), ("find.availability", "succeeded", None)]
    event = db.session.scalars(select(Event).where(Event.step == "book.confirm")).one()
    assert (event.phase, event.attempt, event.objects[0]["qualifier"]) == ("succeeded", 1, "booked")
    assert event.facts == {"car_id": trip.car_id, "car_class": trip.car.car_class, "lot_id": trip.lot_id,
                           "plan": "regular", "waiver": "included", "price_cents": trip.price_cents, "minutes": 180,
                           "lead_minutes": 1440}


def test_a_booking_counts_the_tries_of_its_visit_since_the_last_one(app, people, clock):
    ada, taken = people.member(), a_car(name="Wanted")
    booked(people.member("Other"), taken)
    with scene(Scene(session_id="s1", actor="member")):
        for span in (TOMORROW, hours(72, 74), hours(96, 98)):
            if span == TOMORROW:
                for _ in range(2):
                    with pytest.raises(CarTaken):
                        booked(ada, taken)
            else:
                clock.forward(minutes=1)
                booked(ada, span=span)
    events = db.session.scalars(select(Event).where(Event.step == "book.confirm", Event.session_id == "s1")
                                .order_by(Event.id)).all()
    assert [(event.phase, event.attempt) for event in events] == [
        ("refused", 1), ("refused", 2), ("succeeded", 3), ("succeeded", 1)]


def test_a_trip_that_starts_soon_has_no_reminder(app, people, clock):
    booked(people.member(), span=hours(0.5, 2))
    assert rows(OutboxRow) == 3


def test_the_same_form_books_once(app, people, clock):
    ada = people.member()
    first = booked(ada, once="the-same-form")
    assert booked(ada, once="the-same-form").id == first.id
    assert (rows(Reservation), rows(Occupancy), rows(OutboxRow), rows(Event)) == (1, 1, 4, 2)


def test_another_members_form_of_the_same_key_is_another_form(app, people, clock):
    booked(people.member(), a_car(name="Acorn"), once="the-same-form")
    booked(people.member(), a_car(name="Basil"), once="the-same-form")
    assert rows(Reservation) == 2


def test_a_car_that_is_taken_is_refused_and_nothing_is_kept(app, people, clock):
    booked(people.member())
    before = rows(OutboxRow)
    with pytest.raises(CarTaken):
        booked(people.member())
    assert (rows(Reservation), rows(Occupancy), rows(OutboxRow)) == (1, 1, before)
    assert steps("refused") == [("find.availability", "refused", "car_taken"), ("book.confirm", "refused", "car_taken")]


@pytest.mark.parametrize("status", [MemberStatus.APPLICANT, MemberStatus.PAUSED, MemberStatus.CLOSED])
def test_only_active_members_book(app, people, clock, status):
    with pytest.raises(MayNotDrive):
        booked(people.member(status=status))
    assert rows(Occupancy) == 0
    assert steps() == [("book.confirm", "refused", "may_not_drive")]


@pytest.mark.parametrize(("span", "field"), [
    (hours(-1, 1), "start"),                   # has passed
    (hours(24, 24.25), "end"),                 # shorter than half an hour
    (hours(24, 24 + 14 * 24 + 0.25), "end"),   # longer than a fortnight
    (hours(184 * 24, 184 * 24 + 2), "start"),  # further ahead than half a year
    (Span(NOON + timedelta(minutes=67), NOON + timedelta(minutes=127)), "start"),  # off the quarter-hours
    (Span(NOON + timedelta(minutes=60), NOON + timedelta(minutes=121)), "end"),
])
def test_a_span_that_breaks_the_rules_is_refused_by_the_use_case_too(app, people, clock, span, field):
    ada, car = people.member(), a_car()
    with pytest.raises(BadSpan) as refused:
        book(member=ada, car=car, offer=offered(car, ada, span), waiver=Waiver.INCLUDED, once="form-form", now=NOON)
    assert set(refused.value.errors) == {field}
    assert rows(Occupancy) == 0


@pytest.mark.parametrize("span", [
    hours(0, 0.5), hours(-0.25, 0.25), hours(24, 24 + 14 * 24), hours(183 * 24, 183 * 24 + 2)])
def test_spans_at_the_edge_of_the_rules_are_welcome(app, people, clock, span):
    assert booked(people.member(), span=span).span == span


def test_a_span_that_was_offered_is_held_for_as_long_as_its_price(app, people, clock):
    ada, car = people.member(), a_car()
    offer = offered(car, ada, hours(0, 2), at=NOON + timedelta(minutes=4))
    with pytest.raises(BadSpan):
        book(member=ada, car=car, offer=offer, waiver=Waiver.INCLUDED, once="too-late", now=NOON + timedelta(minutes=20))
    trip = book(member=ada, car=car, offer=offer, waiver=Waiver.INCLUDED, once="in-time", now=NOON + timedelta(minutes=19))
    assert trip.span == hours(0, 2)


def test_a_retired_car_is_as_good_as_taken(app, people, clock):
    car = a_car()
    with transaction():
        car.state = CarState.RETIRED
    with pytest.raises(CarTaken):
        booked(people.member(), car)


def test_a_car_that_is_not_back_is_not_promised_for_the_next_hour(app, people, clock):
    car = a_car()
    driving(car, people.member(), hours(-3, -1))
    with pytest.raises(CarStillOut):
        booked(people.member(), car, hours(0.75, 2))
    assert booked(people.member(), car, hours(1, 2))


def test_the_price_is_that_of_the_moment_it_was_shown(app, people, clock):
    ada, car = people.member(), a_car()
    shown = offered(car, ada, at=NOON).price(car, "included").total
    trip = book(member=ada, car=car, offer=offered(car, ada, at=NOON), waiver=Waiver.INCLUDED, once="form-form",
                now=NOON + timedelta(minutes=14))
    assert trip.price == shown


def test_each_plan_has_its_price(app, people, clock):
    car = a_car()
    regular = booked(people.member(plan=Plan.REGULAR), car, hours(24, 26))
    payg = booked(people.member(plan=Plan.PAY_AS_YOU_GO), car, hours(26, 28))
    assert payg.price_cents > regular.price_cents


def test_back_to_back_bookings_touch(app, people, clock):
    car = a_car()
    booked(people.member(), car, hours(24, 26))
    booked(people.member(), car, hours(26, 28))
    booked(people.member(), car, hours(22, 24))
    assert rows(Reservation) == 3


KILLED_BETWEEN_HOLD_AND_COMMIT = """
import os, signal, sys
from datetime import timedelta
from core.database import at_commit, db
from portal.account.models import Member
from portal.app import create_app
from tests.factories import NOON, a_car
from tests.reservations.made import booked

with create_app().app_context():
    with at_commit(lambda: os.kill(os.getpid(), signal.SIGKILL)):
        booked(db.session.get_one(Member, int(sys.argv[1])), a_car())
"""


def test_a_process_killed_between_hold_and_commit_leaves_nothing(app, people, clock, database_url, tmp_path):
    ada = people.member()
    before = {table: rows(table) for table in (Reservation, Occupancy, OutboxRow, Event)}
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url,
                            "PYTHONPATH": "."}
    killed = subprocess.run([sys.executable, "-c", KILLED_BETWEEN_HOLD_AND_COMMIT, str(ada.id)], env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert {table: rows(table) for table in before} == before
    assert booked(people.member()).status == Status.BOOKED  # the car is free, and no lock is left


def test_the_numbers_of_the_rules_are_the_operators(app, people, clock):
    least = policies_at(NOON)["booking_least"].value
    assert FrozenOffer(1, hours(0, least / 60), "regular", NOON).span.minutes == least
