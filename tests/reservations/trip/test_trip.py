"""The trip: the right member at the right car in the right hour, and what the car itself answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import Job
from core.time import Span, service_clock
from fleet.calendar.hold import free_gaps
from fleet.calendar.models import Occupancy
from fleet.cars.models import CarState
from fleet.damage.models import Mark
from fleet.service.block import take_out_of_service
from fleet.tariffs.in_force import policies_at
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.models import CarCommand
from fleet.telematics.player.cars import Faults
from fleet.telematics.port import Ack, Action
from portal.account.models import Role
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from reservations.booking.cancel import terms as cancel_terms
from reservations.booking.models import Reservation, Status
from reservations.booking.no_show import release_no_show
from reservations.booking.queries import load_locked
from reservations.trip.ask_car import ask_car, step_of
from reservations.trip.check import NewMark, check_car
from reservations.trip.errors import (
    AlreadyReturned,
    CheckFirst,
    NotDriving,
    OdometerFell,
    OdometerLeapt,
    OutOfService,
    StillOutWithAnother,
    TimeOver,
    TooEarly,
    TripOver,
    UnderWay,
)
from reservations.trip.models import CheckStage
from reservations.trip.queries import checks_of, last_command, trip_of, trip_on_now
from reservations.trip.return_car import return_car
from reservations.trip.scene import Next, scene_of
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked, said_of_car, steps


def look_round(trip, now):
    return check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=now)


def unlock(trip, now):
    return ask_car(reservation=trip, action=Action.UNLOCK, now=now)


@pytest.fixture
def trip(street, people):
    return booked(people.member())


def test_the_first_unlock_begins_the_trip(street, trip):
    street.unlocked(trip)
    started = trip_of(trip)
    assert (trip.status, started.started_at, started.ended_at) == (Status.DRIVING, trip.starts_at, None)
    assert started.start_odometer == pytest.approx(trip.car.launch_odometer)
    assert started.start_energy == trip.car.launch_energy
    assert said_of_car(trip) == ("done", None)
    assert not street.garage.read(trip.car.vin, at=NOON).locked
    assert {"pickup.check", "pickup.unlock", "pickup.arrive", "pickup.energy"} <= {
        step for step, _, _ in steps("succeeded")}


@pytest.mark.one_database
@pytest.mark.parametrize(("action", "early", "allowed"), [
    (Action.UNLOCK, 11, False), (Action.UNLOCK, 10, True), (Action.UNLOCK, 0, True),
    (Action.FLASH, 41, False), (Action.FLASH, 40, True),  # lights and horn help to find it half an hour sooner
    (Action.HORN, 41, False), (Action.HORN, 40, True),
])
def test_the_car_listens_from_ten_minutes_before_the_start(street, trip, action, early, allowed):
    at = trip.starts_at - timedelta(minutes=early)
    if allowed and action is Action.UNLOCK:
        look_round(trip, at)
    if allowed:
        assert ask_car(reservation=trip, action=action, now=at).state == "waiting"
        return
    with pytest.raises(TooEarly):
        ask_car(reservation=trip, action=action, now=at)
    assert steps("refused") == [(str(step_of(action, trip)), "refused", "too_early")]


def test_with_somebody_before_you_it_listens_from_the_start(street, people, trip):
    booked(people.member(), span=Span(trip.starts_at - timedelta(hours=2), trip.starts_at))
    with pytest.raises(TooEarly):
        unlock(trip, trip.starts_at - timedelta(minutes=1))


@pytest.mark.check("steps")
def test_looking_round_comes_before_unlocking(street, trip):
    with pytest.raises(CheckFirst):
        unlock(trip, trip.starts_at)
    look_round(trip, trip.starts_at)
    assert unlock(trip, trip.starts_at)


def test_a_look_round_can_be_skipped_and_that_is_kept(street, trip):
    check = check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=trip.starts_at, skipped=True)
    assert (check.skipped, check.nothing_new) == (True, False)
    assert unlock(trip, trip.starts_at)


def test_what_is_new_on_the_car_is_kept_with_who_found_it(street, trip):
    check = check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=trip.starts_at,
                      marks=(NewMark("left", "a scratch"),))
    mark = db.session.scalars(select(Mark)).one()
    assert (mark.car_id, mark.view, mark.found_by_reservation_id) == (trip.car_id, "left", trip.id)
    assert not check.nothing_new


def marks_of(trip) -> list[tuple[str, str]]:
    rows = db.session.execute(select(Mark.view, Mark.what).where(Mark.found_by_reservation_id == trip.id).order_by(Mark.id))
    return [(view, what) for view, what in rows]


def test_once_the_car_is_open_the_look_round_it_is_closed(street, trip):
    street.unlocked(trip)
    taken_over = checks_of(trip)[CheckStage.OUTSIDE].at
    street.clock.forward(hours=1)
    with pytest.raises(UnderWay):
        check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=street.clock(), marks=(NewMark("left", "my own dent"),))
    check = checks_of(trip)[CheckStage.OUTSIDE]
    assert (check.at, check.nothing_new, marks_of(trip)) == (taken_over, True, [])
    assert check_car(reservation=trip, stage=CheckStage.INSIDE, now=street.clock(), cleanliness=4)


def test_a_skip_undoes_no_look_and_a_later_look_forgets_no_mark(street, trip):
    found = check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=trip.starts_at, marks=(NewMark("left", "a scratch"),))
    later = trip.starts_at + timedelta(minutes=2)
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=later, skipped=True)
    assert (found.at, found.skipped, found.nothing_new) == (trip.starts_at, False, False)
    look_round(trip, later)
    assert (found.at, found.skipped, found.nothing_new) == (later, False, False)


def test_a_look_replaces_a_skip(street, trip):
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=trip.starts_at, skipped=True)
    check = look_round(trip, trip.starts_at)
    assert (check.skipped, check.nothing_new) == (False, True)


def test_the_same_mark_is_told_once_for_a_trip(street, trip):
    for marks in ([("left", "a scratch")], [("left", " A  scratch"), ("rear", "a scratch"), ("rear", "a scratch")]):
        check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=trip.starts_at,
                  marks=tuple(NewMark(view, what) for view, what in marks))
    assert marks_of(trip) == [("left", "a scratch"), ("rear", "a scratch")]


@pytest.mark.parametrize("early", [timedelta(days=1), timedelta(minutes=11)])
def test_nobody_has_seen_a_car_before_it_is_theirs(street, trip, early):
    with pytest.raises(TooEarly):
        look_round(trip, trip.starts_at - early)
    assert checks_of(trip) == {}


def test_after_the_trip_nothing_is_added_to_its_check(street, trip):
    street.returned(street.unlocked(trip))
    with pytest.raises(TripOver):
        check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=street.clock(), marks=(NewMark("left", "a scratch"),))
    assert db.session.scalar(select(func.count()).select_from(Mark)) == 0


def test_while_the_driver_before_is_out_the_car_does_not_open(street, people, trip):
    street.clock.at = trip.starts_at - timedelta(hours=3)
    before = street.unlocked(booked(people.member(), span=Span(street.clock.at, trip.starts_at), now=street.clock()))
    at = trip.starts_at + timedelta(minutes=5)
    with pytest.raises(StillOutWithAnother):
        unlock(trip, at)
    assert scene_of(trip, at).next is Next.HELD_UP
    street.returned(before, at)
    look_round(trip, at)
    assert unlock(trip, at)


def test_the_car_listens_to_nobody_once_the_trip_is_over_or_cancelled(street, people, trip):
    street.returned(street.unlocked(trip))
    gone = booked(people.member(), span=hours(48, 50), now=street.clock())
    cancel(reservation=gone, now=street.clock())
    for ended in (trip, gone):
        with pytest.raises(TripOver):
            unlock(ended, ended.starts_at)


@pytest.mark.parametrize("action", [Action.UNLOCK, Action.FLASH, Action.HORN])
def test_from_the_end_of_a_booking_on_the_car_no_longer_listens_to_it(street, trip, action):
    look_round(trip, trip.ends_at - timedelta(seconds=1))
    assert ask_car(reservation=trip, action=action, now=trip.ends_at - timedelta(seconds=1))
    with pytest.raises(TimeOver):
        ask_car(reservation=trip, action=action, now=trip.ends_at)
    with pytest.raises(TimeOver):
        look_round(trip, trip.ends_at)
    assert scene_of(trip, trip.ends_at).next is Next.ENDED


def test_an_unlock_that_the_worker_reaches_after_the_booking_ran_out_leaves_the_car_shut(street, trip):
    street.clock.at = trip.ends_at - timedelta(minutes=1)
    look_round(trip, street.clock())
    unlock(trip, street.clock())
    street.clock.at = trip.ends_at
    street.work()
    assert said_of_car(trip) == ("refused", "trip_over")
    assert trip_of(trip) is None
    assert street.garage.read(trip.car.vin, at=NOON).locked


def test_during_the_trip_the_car_locks_and_unlocks_at_any_time(street, trip):
    street.unlocked(trip)
    for action in (Action.LOCK, Action.UNLOCK, Action.LOCK, Action.FLASH):
        street.clock.forward(hours=2)  # also after the booked end: a driver is never locked out
        ask_car(reservation=trip, action=action, now=street.clock())
        street.work()
        assert said_of_car(trip) == ("done", None)
    assert street.garage.read(trip.car.vin, at=NOON).locked
    assert trip_of(trip).ended_at is None


@pytest.mark.one_database
@pytest.mark.parametrize(("faults", "answer", "phase", "code"), [
    (Faults(silent=True), ("silent", "silent"), "failed", "CarDidNotAnswer"),
    (Faults(offline=True), ("silent", "offline"), "failed", "CarDidNotAnswer"),
    (Faults(delay_seconds=9.0), ("silent", "timeout"), "failed", "CarDidNotAnswer"),
    (Faults(refuse="battery_low"), ("refused", "battery_low"), "refused", "car_battery_low"),
])
def test_a_car_that_does_not_do_it_begins_no_trip_and_leaves_its_step(street, trip, faults, answer, phase, code):
    street.garage.set_faults(trip.car.vin, faults, at=NOON)
    street.unlocked(trip)
    assert said_of_car(trip) == answer
    assert (trip.status, trip_of(trip)) == (Status.BOOKED, None)
    assert steps("refused", "failed") == [("pickup.unlock", phase, code)]
    assert ("pickup.unlock", "succeeded", None) not in steps()


def test_the_second_try_counts_as_one(street, trip):
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(), at=NOON)
    street.unlocked(trip)
    assert trip.status == Status.DRIVING
    assert [phase for step, phase, _ in steps() if step == "pickup.unlock"] == ["failed", "succeeded"]


def test_returning_locks_the_car_ends_the_trip_and_frees_the_rest_of_its_time(street, trip):
    street.unlocked(trip)
    street.drives(trip, miles=12, minutes=40)
    street.returned(trip, trip.ends_at - timedelta(minutes=30))
    ended = trip_of(trip)
    assert (trip.status, ended.ended_at, trip.occupancy_id) == (Status.RETURNED, street.clock(), None)
    assert ended.miles == pytest.approx(12, abs=0.2)
    assert street.garage.read(trip.car.vin, at=NOON).locked
    assert free_gaps(trip.car_id, trip.span) == [trip.span]
    assert {("return.checklist", "succeeded", None), ("return.lock", "succeeded", None),
            ("pay.bill", "succeeded", None)} <= set(steps())


def test_a_trip_ends_when_the_member_asked_and_not_when_the_car_answered(street, trip):
    street.unlocked(trip)
    asked = trip.ends_at
    street.clock.at = asked
    return_car(reservation=trip, odometer=9_000_000, energy=100, now=asked)
    street.clock.forward(minutes=40)  # the worker was down
    street.work()
    assert trip_of(trip).ended_at == asked


@pytest.mark.parametrize("open_something", ["door", "engine"])
def test_a_car_with_an_open_door_or_a_running_engine_is_not_returned(street, trip, open_something):
    street.unlocked(trip)
    if open_something == "door":
        street.garage.set_doors(trip.car.vin, opened=1, at=NOON)
    else:
        street.garage.start_engine(trip.car.vin, at=NOON)
    street.returned(trip)
    assert said_of_car(trip)[0] == "refused"
    assert (trip.status, trip_of(trip).ended_at) == (Status.DRIVING, None)
    assert steps("refused")[-1][0] == "return.lock"
    street.garage.set_doors(trip.car.vin, opened=0, at=NOON)
    street.garage.stop_engine(trip.car.vin, at=NOON)
    street.returned(trip)
    assert trip.status == Status.RETURNED


def test_a_silent_car_does_not_keep_the_meter_running(street, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.returned(trip)
    assert (said_of_car(trip), trip.status) == (("silent", "silent"), Status.DRIVING)
    street.returned(trip, trip.ends_at + timedelta(minutes=20))  # once more, and silent again
    street.clock.forward(minutes=25)
    return_car(reservation=trip, odometer=9_000_000, energy=75, now=street.clock(), lock=False)
    assert (trip.status, trip_of(trip).ended_at) == (Status.RETURNED, trip.ends_at)
    assert trip_of(trip).total_cents == trip.price_cents


def test_a_car_that_answered_since_was_not_silent_all_the_while(street, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.returned(trip, trip.starts_at + timedelta(hours=1))
    street.garage.set_faults(trip.car.vin, Faults(), at=NOON)
    street.clock.forward(minutes=5)
    ask_car(reservation=trip, action=Action.UNLOCK, now=street.clock())  # and drives on
    street.work()
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.returned(trip, trip.ends_at)
    return_car(reservation=trip, odometer=9_000_000, energy=75, now=trip.ends_at + timedelta(minutes=5), lock=False)
    assert trip_of(trip).ended_at == trip.ends_at


@pytest.mark.parametrize("said_by", ["the member", "the car"])
def test_a_car_that_was_driven_on_after_a_silent_return_is_paid_for_until_the_last_one(street, trip, said_by):
    street.unlocked(trip)
    odometer = int(trip_of(trip).start_odometer)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    return_car(reservation=trip, odometer=odometer, energy=75, now=trip.ends_at)
    street.clock.at = trip.ends_at
    street.work()
    street.drives(trip, miles=40, minutes=120)
    end = street.clock()
    typed = odometer + 40 if said_by == "the member" else odometer
    return_car(reservation=trip, odometer=typed, energy=75, now=end)
    street.work()
    street.clock.forward(minutes=10)
    return_car(reservation=trip, odometer=typed, energy=75, now=street.clock(), lock=False)
    assert trip_of(trip).ended_at == end


def test_no_odometer_keeps_a_trip_from_ending_when_the_car_is_silent(street, trip):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.work()
    return_car(reservation=trip, odometer=9_000_000, energy=75, now=trip.ends_at, lock=False)
    assert trip_of(trip).ended_at == trip.ends_at


@pytest.mark.check("steps")
def test_returning_twice_is_refused_and_changes_nothing(street, trip):
    street.returned(street.unlocked(trip))
    lines = len(bill_of(trip))
    with pytest.raises(AlreadyReturned):
        return_car(reservation=trip, odometer=9_000_000, energy=100, now=street.clock())
    assert len(bill_of(trip)) == lines


def test_two_lock_answers_end_one_trip(street, trip):
    street.unlocked(trip)
    street.clock.at = trip.ends_at
    for _ in range(2):
        return_car(reservation=trip, odometer=9_000_000, energy=100, now=street.clock())
    street.work()
    assert trip.status == Status.RETURNED
    assert sum(line.amount_cents for line in bill_of(trip)) == trip_of(trip).total_cents == trip.price_cents


@pytest.mark.check("steps")
def test_a_trip_that_never_began_is_not_returned(street, trip):
    with pytest.raises(NotDriving):
        return_car(reservation=trip, odometer=1, energy=100, now=trip.starts_at)
    assert steps("refused") == [("return.checklist", "refused", "not_driving")]


def test_an_odometer_only_grows(street, trip):
    street.unlocked(trip)
    with pytest.raises(OdometerFell):
        return_car(reservation=trip, odometer=int(trip_of(trip).start_odometer) - 1, energy=100, now=trip.ends_at)
    assert trip_of(trip).typed_odometer is None


@pytest.mark.one_database
@pytest.mark.parametrize(("hours_out", "miles", "allowed"), [
    (0, 100, True), (0, 102, False), (2.5, 300, True), (2.5, 302, False)])
def test_a_typed_odometer_is_no_further_than_a_car_can_go_when_the_box_cannot_say(street, trip, hours_out, miles, allowed):
    street.unlocked(trip)
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.clock.forward(hours=hours_out)
    street.work()
    typed = int(trip_of(trip).start_odometer) + miles
    if allowed:
        assert return_car(reservation=trip, odometer=typed, energy=100, now=street.clock())
        return
    with pytest.raises(OdometerLeapt):
        return_car(reservation=trip, odometer=typed, energy=100, now=street.clock())
    assert trip_of(trip).typed_odometer is None


def test_what_the_box_says_counts_and_what_was_typed_is_kept_apart_when_it_is_silent(street, people):
    heard = street.unlocked(booked(people.member(), a_car(name="Acorn")))
    unheard = street.unlocked(booked(people.member(), a_car(name="Basil"), now=street.clock(), span=hours(24, 27)))
    start = trip_of(unheard).start_odometer
    street.garage.set_faults(unheard.car.vin, Faults(offline=True), at=NOON)
    street.work()
    street.clock.at = heard.ends_at
    for trip in (heard, unheard):
        return_car(reservation=trip, odometer=int(trip_of(trip).start_odometer) + 50, energy=50, now=trip.ends_at,
                   lock=trip is heard)
    street.work()
    assert trip_of(heard).miles == 0
    ended = trip_of(unheard)
    assert (ended.end_odometer, ended.typed_odometer, ended.end_energy) == (None, int(start) + 50, 50)


def test_the_trip_to_drive_is_the_one_that_is_out_else_the_next_within_twelve_hours(street, people):
    ada = people.member()
    later = booked(ada, a_car(name="Basil"), hours(20, 22))
    assert trip_on_now(ada, NOON) is None
    assert trip_on_now(ada, hours(9, 10).start) == later
    out = street.unlocked(booked(ada, a_car(name="Acorn"), hours(1, 3)))
    assert trip_on_now(ada, hours(19, 20).start) == out
    street.returned(out)
    assert trip_on_now(ada, hours(19, 20).start) == later
    assert trip_on_now(people.member(), hours(19, 20).start) is None


@pytest.mark.one_database
@pytest.mark.parametrize(("at", "what"), [
    (-60, Next.WAIT), (-10, Next.WALK), (0, Next.WALK)])
def test_before_the_trip_the_one_next_thing_is_to_wait_or_to_walk(street, trip, at, what):
    with street.site.test_request_context():
        assert scene_of(trip, trip.starts_at + timedelta(minutes=at)).next is what


def test_during_and_after_it_is_to_drive_to_hurry_or_nothing(street, trip):
    street.unlocked(trip)
    with street.site.test_request_context():
        assert scene_of(trip, trip.ends_at).next is Next.DRIVE
        assert scene_of(trip, trip.ends_at + timedelta(seconds=1)).next is Next.LATE
    street.returned(trip)
    with street.site.test_request_context():
        assert scene_of(trip, trip.ends_at).next is Next.ENDED


def test_the_calendar_holds_nothing_of_a_trip_that_is_over(street, trip):
    street.returned(street.unlocked(trip))
    assert db.session.scalar(select(func.count()).select_from(Occupancy)) == 0


def test_an_unlock_answered_after_the_booking_was_cancelled_begins_no_trip(street, trip):
    street.clock.at = trip.starts_at
    look_round(trip, street.clock())
    unlock(trip, street.clock())
    cancel(reservation=trip, now=street.clock())
    street.work()
    assert (trip.status, trip_of(trip)) == (Status.CANCELLED, None)
    assert street.garage.read(trip.car.vin, at=NOON).locked  # and the car stays shut
    assert last_command(trip).state == "refused"


class Meanwhile(EmbeddedTelematics):
    """Cars that take their time to unlock: something else happens before their answer is heard."""

    happens: Callable[[], object]

    def send(self, unit: str, action: Action, *, once: str) -> Ack:
        ack = super().send(unit, action, once=once)
        if action is Action.UNLOCK:
            self.happens()
        return ack


def meanwhile(street, happens: Callable[[], object]) -> None:
    """Have something happen between the car's opening and its answer."""
    cars = Meanwhile(street.garage, street.clock)
    cars.happens = happens
    street.site.extensions["adapters"] = replace(street.site.extensions["adapters"], cars=cars)


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.NO_SHOW])
def test_a_car_that_opened_while_its_booking_ended_is_locked_again_and_no_trip_begins(street, trip, status):
    nobody_came = Job(new_id(), "no_show", trip.member_id, {"reservation_id": trip.id}, 1, street.clock())

    def nobody_comes() -> None:
        street.clock.forward(seconds=1)  # its hour is over
        release_no_show(nobody_came)

    if status == Status.NO_SHOW:
        street.clock.forward(seconds=(trip.starts_at - street.clock()).total_seconds() + 3599)
    meanwhile(street, nobody_comes if status == Status.NO_SHOW else lambda: cancel(reservation=trip, now=street.clock()))
    street.unlocked(trip)
    db.session.expire_all()
    assert (trip.status, trip_of(trip)) == (status, None)
    asked = select(CarCommand.action, CarCommand.state).where(CarCommand.reservation_id == trip.id).order_by(CarCommand.id)
    assert [tuple(row) for row in db.session.execute(asked)] == [("unlock", "done"), ("lock", "done")]
    assert street.garage.read(trip.car.vin, at=NOON).locked


def test_an_unlock_does_not_overwrite_a_cancelling_that_is_being_written(street, trip):
    """The answer is written while another process holds the booking: it waits, and sees what that one decided."""
    held, go_on = Event(), Event()

    def cancels() -> None:
        with street.site.app_context(), service_clock(street.clock), transaction():
            other = db.session.get_one(Reservation, number)
            load_locked(other)
            other.status, other.cancelled_at = Status.CANCELLED, street.clock()
            db.session.flush()
            held.set()
            go_on.wait(0.5)

    number, thread = trip.id, Thread(target=cancels)

    def begin() -> None:
        thread.start()
        assert held.wait(30)

    meanwhile(street, begin)
    street.unlocked(trip)
    thread.join()
    db.session.expire_all()
    assert (trip.status, trip_of(trip)) == (Status.CANCELLED, None)


def test_a_car_that_was_taken_out_of_service_stays_shut_and_cancelling_it_costs_nothing(street, people, trip):
    block = take_out_of_service(car=trip.car, state=CarState.DAMAGED, why="door", until=trip.ends_at + timedelta(hours=1),
                                by_user_id=people.staff(Role.FLEET).id, now=trip.starts_at - timedelta(minutes=30))
    assert block.id
    street.clock.at = trip.starts_at
    for attempt in (look_round, unlock):
        with pytest.raises(OutOfService):
            attempt(trip, street.clock())
    assert scene_of(trip, street.clock()).title == "Acorn is out of service"
    assert cancel(reservation=trip, now=street.clock()).cents == 0


def out_of_service(trip, people, *, now, until):
    return take_out_of_service(car=trip.car, state=CarState.DAMAGED, why="door", until=until,
                               by_user_id=people.staff(Role.FLEET).id, now=now)


def test_an_unlock_that_waits_while_the_car_is_taken_out_of_service_leaves_it_shut(street, people, trip):
    street.clock.at = trip.starts_at
    look_round(trip, street.clock())
    unlock(trip, street.clock())
    out_of_service(trip, people, now=street.clock(), until=trip.ends_at)
    street.work()
    assert (said_of_car(trip), trip.status, trip_of(trip)) == (("refused", "out_of_service"), Status.BOOKED, None)


def test_long_before_the_start_it_is_too_early_whatever_the_cars_state(street, people, trip):
    out_of_service(trip, people, now=NOON, until=NOON + timedelta(hours=1))
    with pytest.raises(TooEarly):
        ask_car(reservation=trip, action=Action.FLASH, now=NOON)


def test_shortly_before_the_start_a_car_out_of_service_is_cancelled_at_no_cost(street, people, trip):
    out_of_service(trip, people, now=NOON, until=NOON + timedelta(hours=1))
    assert cancel_terms(trip, trip.starts_at - timedelta(minutes=41), policies_at(NOON)).fee.cents > 0
    assert cancel_terms(trip, trip.starts_at - timedelta(minutes=40), policies_at(NOON)).fee.cents == 0
