"""A step is written with its work, and its refusal survives the rollback."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import config
from core.audit import AuditRow
from core.database import db, transaction
from core.outbox import OutboxRow, post
from core.refusal import Refusal
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, UnknownFact, aside, observe, scene
from experience.record.pids import pid_of
from tests.experience.given import log, phases


class Taken(Refusal):
    code = "taken"


def test_a_step_that_succeeded_is_written_with_its_work(app: Flask) -> None:
    with observe(Step.BOOK_CANCEL) as seen, transaction():
        post("something")
        seen.note(fee_cents=500)
    event = log()[0]
    assert (event.phase, event.facts, event.error_code) == ("succeeded", {"fee_cents": 500}, None)


def test_the_event_of_a_success_has_the_id_that_rows_point_at(app: Flask) -> None:
    with observe(Step.BOOK_CANCEL) as seen, transaction():
        pass
    assert [event.id for event in log()] == [seen.event_id]


def test_success_is_not_written_when_its_work_is_rolled_back(app: Flask) -> None:
    def succeed_then_break() -> None:
        with observe(Step.BOOK_CANCEL), transaction():
            post("something")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        succeed_then_break()
    assert phases() == []
    assert db.session.scalars(select(OutboxRow)).all() == []


@pytest.mark.parametrize(("error", "phase", "code"), [
    (Taken(), "refused", "taken"), (KeyError("x"), "failed", "KeyError")])
def test_refusals_and_failures_are_written_after_the_rollback(app: Flask, error: Exception, phase: str,
                                                              code: str) -> None:
    def write_then_raise() -> None:
        post("something")
        raise error

    with pytest.raises(type(error)), observe(Step.BOOK_CONFIRM), transaction():
        write_then_raise()
    assert [(event.phase, event.error_code) for event in log()] == [(phase, code)]
    assert db.session.scalars(select(OutboxRow)).all() == []


def test_a_step_without_a_transaction_of_its_own_is_written_too(app: Flask) -> None:
    with observe(Step.FIND_SEARCH):
        pass
    assert phases() == ["succeeded"]


def test_what_was_done_before_is_not_written_again(app: Flask) -> None:
    with observe(Step.BOOK_CONFIRM) as seen, transaction():
        seen.was_repeated()
    assert phases() == []


def test_steps_inside_a_larger_change_are_written_when_that_commits(app: Flask) -> None:
    with observe(Step.BOOK_CHANGE), transaction():
        with observe(Step.BOOK_CANCEL), transaction():
            pass
        assert phases() == []
    assert sorted(event.step for event in log()) == ["book.cancel", "book.change"]
    assert set(phases()) == {"succeeded"}


def test_a_refusal_inside_a_larger_change_refuses_both_and_neither_succeeds(app: Flask) -> None:
    with pytest.raises(Taken), observe(Step.BOOK_CHANGE), transaction(), observe(Step.BOOK_CONFIRM), transaction():
        raise Taken
    assert sorted((event.step, event.phase) for event in log()) == [
        ("book.change", "refused"), ("book.confirm", "refused")]


def test_a_larger_change_may_bear_a_refusal_inside(app: Flask) -> None:
    with observe(Step.BOOK_CHANGE), transaction():
        with pytest.raises(Taken), observe(Step.BOOK_CONFIRM), transaction():
            raise Taken
        post("something")
    assert sorted((event.step, event.phase) for event in log()) == [
        ("book.change", "succeeded"), ("book.confirm", "refused")]


def test_bookkeeping_aside_is_no_success(app: Flask) -> None:
    def count_and_refuse() -> None:
        with aside(), transaction():
            post("a failure counted")
        raise Taken

    with pytest.raises(Taken), observe(Step.MANAGE_SIGN_IN):
        count_and_refuse()
    assert phases() == ["refused"]
    assert len(db.session.scalars(select(OutboxRow)).all()) == 1


@pytest.mark.parametrize("facts", [{"colour": 3}, {"waiver": "a b"}, {"waiver": "x" * 81}])
def test_an_unknown_or_wordy_fact_is_a_bug(app: Flask, facts: dict[str, object]) -> None:
    with pytest.raises(UnknownFact), observe(Step.BOOK_CONFIRM) as seen:
        seen.note(**facts)
    assert [(event.phase, event.error_code) for event in log()] == [("failed", "UnknownFact")]


def test_tries_are_counted_along_a_journey(app: Flask) -> None:
    with scene(Scene(session_id="s1")):
        for _try in range(2):
            with pytest.raises(Taken), observe(Step.BOOK_CONFIRM):
                raise Taken
        with observe(Step.BOOK_CONFIRM):
            pass
    with scene(Scene(session_id="s2")), observe(Step.BOOK_CONFIRM):
        pass
    assert [(event.phase, event.attempt) for event in log()] == [
        ("refused", 1), ("refused", 2), ("succeeded", 3), ("succeeded", 1)]


def test_events_carry_random_ids_of_member_and_trip(app: Flask) -> None:
    class Somebody:
        id = 12

    with observe(Step.PICKUP_UNLOCK, member=Somebody(), trip=Somebody()) as seen:
        seen.note(car_id=3, lot_id=4)
    event = log()[0]
    assert (event.member_pid, event.journey_id) == (pid_of("member", 12), str(pid_of("trip", 12)))
    assert [each["type"] for each in event.objects] == ["trip", "car", "lot"]


def test_two_who_meet_a_member_for_the_first_time_give_one_id(app: Flask) -> None:
    found: list[object] = []
    start = threading.Barrier(4)

    def meet(ref: int) -> None:
        with app.app_context():
            start.wait()
            found.append(pid_of("member", ref))
            db.session.remove()

    for ref in range(10):
        found.clear()
        threads = [threading.Thread(target=meet, args=(ref,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1


def test_the_log_takes_no_change(app: Flask) -> None:
    with observe(Step.FIND_SEARCH):
        pass
    with pytest.raises(Exception, match="append_only"), transaction():
        log()[0].phase = str(Phase.FAILED)
    assert phases() == ["succeeded"]
    assert db.session.scalars(select(AuditRow)).all() == []


REFUSE_AND_DIE = """
import os, signal
from core.database import transaction
from core.outbox import post
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from portal.app import create_app

with create_app().app_context():
    try:
        with observe(Step.BOOK_CONFIRM), transaction():
            post("something")
            raise Refusal()
    except Refusal:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_refusal_survives_a_kill_right_after_it(site: Flask, database_url: str, tmp_path: Path) -> None:
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url}
    died = subprocess.run([sys.executable, "-c", REFUSE_AND_DIE], cwd=config.ROOT, env=environ, check=False,
                          capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    with site.app_context():
        assert [(event.phase, event.error_code) for event in log(Step.BOOK_CONFIRM)] == [("refused", "refused")]
        assert db.session.scalars(select(OutboxRow)).all() == []
        assert db.session.scalar(select(Event.phase)) == "refused"
