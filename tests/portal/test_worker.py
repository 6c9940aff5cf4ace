"""The worker: hands out what is due, hears the cars, and outlives a broken turn."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from core.database import db
from core.outbox import OutboxRow, post
from core.time import Span, quarter_at_or_after, wall_now
from fleet.calendar.hold import CarTaken
from fleet.cars.models import CarReading, CarState
from fleet.desk.bring_back import bring_back
from fleet.service.block import take_out_of_service
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.player.cars import Garage
from fleet.telematics.port import TelematicsDown
from portal import worker
from portal.account.models import Role
from portal.commands import jobs
from portal.messages.models import Message
from tests.factories import NOON, People, a_car, hours
from tests.reservations.made import booked


@pytest.fixture
def cars(site) -> EmbeddedTelematics:
    made = EmbeddedTelematics(Garage(), wall_now)
    site.extensions["adapters"] = replace(site.extensions["adapters"], cars=made)
    return made


def wait_until(holds, seconds: float = 45) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_running_worker_delivers_and_hears_and_stops_when_told(site, cars, monkeypatch):
    monkeypatch.setattr(worker, "LISTEN_SECONDS", 0.1)
    with site.app_context():  # by the wall's clock, which is the worker's
        start = quarter_at_or_after(wall_now() + timedelta(hours=3))
        booked(People().member(), a_car(), Span(start, start + timedelta(hours=1)), now=wall_now())
    stop = threading.Event()
    running = threading.Thread(target=worker.work_until, args=(site, stop))
    running.start()

    def all_done() -> bool:
        with site.app_context():
            return bool(db.session.scalar(select(func.count()).select_from(Message).where(Message.mailed_at.is_not(None)))
                        and db.session.scalar(select(func.count()).select_from(CarReading)))

    try:
        assert wait_until(all_done)
    finally:
        stop.set()
        running.join(20)
    assert not running.is_alive()


def test_a_broken_turn_does_not_end_the_loop(site):
    stop, turns = threading.Event(), []

    def broken(_app) -> bool:
        turns.append(1)
        if len(turns) == 3:
            stop.set()
        raise RuntimeError("the database is restarting")

    worker._loop(site, stop, broken, 0.001)
    assert len(turns) == 3


def test_cars_that_cannot_be_reached_are_asked_again_soon(site, cars, monkeypatch):
    monkeypatch.setattr(worker, "LISTEN_SECONDS", 0.001)
    stop, asked = threading.Event(), []

    class Down(EmbeddedTelematics):
        def install(self, setups):
            asked.append(1)
            if len(asked) == 3:
                stop.set()
            raise TelematicsDown("refused")

    site.extensions["adapters"] = replace(site.extensions["adapters"], cars=Down(cars.garage, lambda: NOON))
    worker._loop(site, stop, worker.tell_cars, worker.TELL_SECONDS)
    assert len(asked) == 3


def test_cars_are_told_again_to_a_service_that_has_forgotten_them(site, cars):
    with site.app_context():
        worker.tell_cars(site)
        site.extensions["adapters"] = replace(
            site.extensions["adapters"], cars=EmbeddedTelematics(Garage(), wall_now))
        worker.tell_cars(site)
        worker.listen(site)
        assert db.session.scalar(select(func.count()).select_from(CarReading)) > 100


def test_a_job_of_an_unknown_kind_stays_for_a_newer_worker(app, clock):
    post("riddle")
    assert worker.do_due(app) == 0
    assert db.session.scalar(select(OutboxRow.attempts)) == 0


def test_what_is_due_can_be_done_by_hand(app, clock, people):
    booked(people.member())
    said = app.test_cli_runner().invoke(jobs, ["due"])
    assert said.output == "3 jobs done\n"  # the confirmation, the hold, and the call to the processor for it


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_event_log_has_room_for_the_months_to_come(site, clock):
    def months() -> set[str]:
        return set(db.session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits")))

    with site.app_context():
        clock.at = datetime(2028, 11, 30, tzinfo=UTC)  # past those that the migration made
        worker.once_a_day(site)
        assert {"events_2028_11", "events_2028_12", "events_2029_01", "events_2029_02"} <= months()


def test_a_car_that_nobody_put_back_in_time_stays_out_of_everybodys_hands(site, people, clock):
    car, staff = a_car(), people.staff(Role.FLEET)
    take_out_of_service(car=car, state=CarState.DAMAGED, why="door", until=NOON + timedelta(hours=1),
                        by_user_id=staff.id, now=NOON)
    ahead, later = booked(people.member(), car, hours(3, 4)), booked(people.member(), car, hours(8, 9))
    clock.forward(hours=1)
    worker.keep_out_of_reach(site)
    worker.keep_out_of_reach(site)
    told = db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == "trip_at_risk")).all()
    assert (told, later.at_risk_since) == ([ahead.member_id], None)
    clock.forward(minutes=30)
    with pytest.raises(CarTaken):
        booked(people.member(), car, hours(1.5, 3), now=clock())
    bring_back(car=car, by_user_id=staff.id, why="new hinge", now=clock())
    db.session.refresh(ahead)
    assert ahead.at_risk_since is None


def test_a_processor_that_hangs_keeps_neither_cars_nor_mail_waiting(site, cars, monkeypatch):
    monkeypatch.setattr(worker, "LISTEN_SECONDS", 0.1)
    hung = threading.Event()
    with site.app_context():
        start = quarter_at_or_after(wall_now() + timedelta(hours=3))
        people = [People().member() for _ in range(worker.HANDS + worker.MONEY_HANDS + 1)]
        monkeypatch.setattr(site.extensions["adapters"].stripe, "faults", lambda _method, _path: hung.wait(20) and None)
        for number, member in enumerate(people):
            span = Span(start + timedelta(hours=number), start + timedelta(hours=number + 1))
            booked(member, a_car(), span, now=wall_now())
    stop = threading.Event()
    running = threading.Thread(target=worker.work_until, args=(site, stop))
    running.start()

    def all_mailed() -> bool:
        with site.app_context():
            return db.session.scalar(select(func.count()).select_from(Message).where(
                Message.kind == "booking_confirmed", Message.mailed_at.is_not(None))) == len(people)

    try:
        assert wait_until(all_mailed, 15)
    finally:
        hung.set()
        stop.set()
        running.join(timeout=20)


@pytest.mark.one_database
def test_a_timer_that_fails_keeps_none_of_the_others_from_its_turn(app, clock, monkeypatch):
    took_turns = []

    def breaks(_at):
        raise RuntimeError("broken")

    monkeypatch.setattr(worker, "find_failures", breaks)
    monkeypatch.setattr(worker, "plan_digest", took_turns.append)
    with pytest.raises(ExceptionGroup):
        worker.mind_cases(app)
    assert took_turns == [clock()]
