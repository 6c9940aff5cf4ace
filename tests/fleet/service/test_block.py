"""A car out of service holds its free time and lets bookings be; put back, it is free again."""

from datetime import timedelta
from threading import Event, Thread
from time import sleep

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.audit import AuditRow, Staff, acting_staff, broken_links
from core.database import db, transaction
from core.time import Span
from fleet.calendar.hold import CarTaken, free_gaps, hold, release
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import CarMove, CarState
from fleet.service.block import take_out_of_service
from fleet.service.errors import AlreadyOut, CarIsRetired, EndsTooSoon, NotOut
from fleet.service.extend import extend_overdue
from fleet.service.models import Block
from fleet.service.put_back import put_back
from portal.account.models import Role
from tests.factories import NOON, a_car, hours
from tests.fleet.made import booked


@pytest.fixture
def manager(people):
    return people.staff(Role.FLEET)


def taken_out(car, manager, hours_long=10, state=CarState.MAINTENANCE):
    return take_out_of_service(car=car, state=state, why="brakes squeal", until=NOON + timedelta(hours=hours_long),
                               by_user_id=manager.id, now=NOON)


def spans_of(block):
    return [row.span for row in db.session.scalars(
        select(Occupancy).where(Occupancy.block_id == block.id).order_by(Occupancy.starts_at))]


def test_a_block_holds_every_free_gap_around_the_bookings(people, manager):
    car, ada = a_car(), people.member()
    booked(car, ada, hours(2, 3))
    booked(car, ada, hours(3, 4))
    booked(car, ada, hours(9, 12))
    block = taken_out(car, manager)
    assert spans_of(block) == [hours(0, 2), hours(4, 9)]
    assert free_gaps(car.id, hours(0, 10)) == []


def test_a_blocked_gap_refuses_a_booking_and_time_after_the_block_does_not(people, manager):
    car = a_car()
    taken_out(car, manager)
    with pytest.raises(CarTaken):
        hold(car.id, hours(5, 6))
    assert hold(car.id, hours(10, 11))


def test_the_car_has_the_state_and_the_move_says_who_when_and_why(manager):
    car = a_car()
    block = taken_out(car, manager, state=CarState.DAMAGED)
    move = db.session.scalars(select(CarMove).where(CarMove.car_id == car.id)).one()
    assert (car.state, move.before, move.after) == ("damaged", "available", "damaged")
    assert (move.by_user_id, move.at, move.why) == (manager.id, NOON, "brakes squeal")
    assert (block.starts_at, block.until, block.ended_at) == (NOON, NOON + timedelta(hours=10), None)


def test_a_car_is_taken_out_once(manager):
    car = a_car()
    taken_out(car, manager)
    with pytest.raises(AlreadyOut):
        taken_out(car, manager)
    assert db.session.scalar(select(func.count(Block.id))) == 1


def test_the_database_itself_refuses_a_second_open_block(manager):
    car = a_car()
    taken_out(car, manager)
    with transaction():
        db.session.add(Block(car_id=car.id, state="cleaning", why="crumbs", starts_at=NOON,
                             until=NOON + timedelta(hours=1), by_user_id=manager.id))
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()


def test_a_retired_car_and_a_time_that_has_passed_are_refused(manager):
    car = a_car()
    with pytest.raises(EndsTooSoon):
        taken_out(car, manager, hours_long=0)
    with transaction():
        car.state = CarState.RETIRED
        db.session.flush()
    with pytest.raises(CarIsRetired):
        taken_out(car, manager)
    assert db.session.scalar(select(func.count(Occupancy.id)).where(Occupancy.kind == Kind.BLOCK)) == 0


def test_a_car_put_back_is_free_and_available_and_its_bookings_are_untouched(people, manager):
    car = a_car()
    booked(car, people.member(), hours(2, 3))
    taken_out(car, manager)
    later = NOON + timedelta(hours=1)
    block = put_back(car=car, by_user_id=manager.id, why="new pads", now=later)
    assert (car.state, block.ended_at) == ("available", later)
    assert free_gaps(car.id, hours(0, 10)) == [hours(0, 2), hours(3, 10)]
    moves = db.session.scalars(select(CarMove).where(CarMove.car_id == car.id).order_by(CarMove.id)).all()
    assert [(move.before, move.after, move.why) for move in moves][-1] == ("maintenance", "available", "new pads")


def test_a_car_that_is_not_out_cannot_be_put_back(manager):
    with pytest.raises(NotOut):
        put_back(car=a_car(), by_user_id=manager.id, why="new pads", now=NOON)


def test_after_it_was_put_back_it_can_be_taken_out_again(manager):
    car = a_car()
    taken_out(car, manager)
    put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON)
    taken_out(car, manager, state=CarState.CLEANING)
    assert car.state == "cleaning"


def test_what_staff_did_leaves_audit_rows_for_every_row_and_every_held_gap(people, manager):
    car = a_car()
    booked(car, people.member(), hours(2, 3))
    with acting_staff(Staff(manager.id, manager.email, "POST /fleet")):
        taken_out(car, manager)
        put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON + timedelta(hours=1))
    rows = db.session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    tables = [row.object.split("/")[0] for row in rows]
    assert tables.count("occupancies") == 4  # two gaps held, two freed
    assert tables.count("cars") == 2
    assert tables.count("car_moves") == 2
    assert tables.count("blocks") == 2
    assert {row.actor for row in rows} == {f"user {manager.id}"}
    assert broken_links() == []


def test_time_that_a_booking_gives_back_inside_a_block_is_the_blocks(people, manager):
    car = a_car()
    inside, across = booked(car, people.member(), hours(2, 3)), booked(car, people.member(), hours(9, 12))
    before = hold(car.id, hours(-2, 1))
    block = taken_out(car, manager)
    for occupancy_id in (inside.occupancy_id, across.occupancy_id, before):
        release(occupancy_id)
    assert spans_of(block) == [hours(0, 1), hours(1, 2), hours(2, 3), hours(3, 9), hours(9, 10)]
    assert free_gaps(car.id, hours(-2, 12)) == [hours(-2, 0), hours(10, 12)]
    put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON)
    assert free_gaps(car.id, hours(-2, 12)) == [hours(-2, 12)]


def test_time_given_back_outside_a_block_or_after_it_ended_is_free(people, manager):
    car = a_car()
    after, later = hold(car.id, hours(10, 12)), hold(car.id, hours(4, 5))
    taken_out(car, manager)
    release(after)
    assert free_gaps(car.id, hours(0, 12)) == [hours(10, 12)]
    put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON)
    release(later)
    assert free_gaps(car.id, hours(0, 12)) == [hours(0, 12)]


def test_time_given_back_and_a_block_that_begins_at_that_moment_leave_no_gap(app, people, manager):
    car = a_car()
    occupancy_id, car_id, released = hold(car.id, hours(2, 3)), car.id, Event()

    def give_back_slowly():
        with app.app_context(), transaction():
            release(occupancy_id)
            released.set()
            sleep(0.5)  # not committed yet: nobody else can see it

    giving = Thread(target=give_back_slowly)
    giving.start()
    released.wait(10)
    taken_out(car, manager)
    giving.join()
    assert free_gaps(car_id, hours(0, 10)) == []


def test_a_block_past_its_time_keeps_the_hours_ahead_however_long_it_lasts(people, manager):
    car = a_car()
    booking = booked(car, people.member(), hours(11, 12))
    block = taken_out(car, manager)
    for quarter in range(10 * 4, 60 * 4):
        now = NOON + timedelta(minutes=15 * quarter)
        extend_overdue(now)
        assert free_gaps(car.id, Span(now, now + timedelta(hours=4))) == []
    assert booking.occupancy_id is not None
    assert len(spans_of(block)) < 20
    assert block.until == NOON + timedelta(hours=10)


def test_an_overdue_block_takes_what_a_booking_gives_back_and_is_free_once_put_back(people, manager):
    car = a_car()
    first, last = hold(car.id, hours(11, 12)), hold(car.id, hours(17, 21))
    taken_out(car, manager)
    assert extend_overdue(NOON + timedelta(hours=10)) == 1
    release(first)
    release(last)  # it begins as the held time ends
    assert free_gaps(car.id, hours(0, 21)) == []
    put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON + timedelta(hours=10))
    assert free_gaps(car.id, hours(0, 21)) == [hours(0, 21)]


def test_a_block_in_its_time_or_ended_is_not_moved_on(manager):
    car = a_car()
    taken_out(car, manager)
    assert extend_overdue(NOON + timedelta(hours=9)) == 0
    assert hold(car.id, hours(10, 11))
    put_back(car=car, by_user_id=manager.id, why="new pads", now=NOON)
    assert extend_overdue(NOON + timedelta(hours=20)) == 0
