"""The outbox: a job is written with its change, handled at least once, and never lost."""
# ruff: noqa: PT012 - what is raised inside a transaction is raised through it

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import LEASE, RETRY_AFTER, NotNow, OutboxRow, TryLater, deliver, is_waiting, post, was_posted
from core.time import wall_now
from tests.factories import NOON


def the_job(kind: str = "letter") -> OutboxRow:
    db.session.rollback()
    return db.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind)).one()


def lease_ran_out() -> None:
    """As if the minute had passed."""
    with transaction():
        the_row = db.session.scalars(select(OutboxRow)).one()
        the_row.leased_until = wall_now() - timedelta(seconds=1)


@pytest.fixture
def handled():
    return []


@pytest.fixture
def table(handled):
    return {"letter": handled.append}


def test_a_job_is_handled_once_with_its_facts(app, clock, table, handled):
    post("letter", member_id=None, reservation_id=7)
    assert deliver(table) == 1
    (job,) = handled
    assert (job.id, job.facts, job.attempt, job.due_at) == (the_job().id, {"reservation_id": 7}, 1, NOON)
    assert the_job().done_at == NOON
    assert deliver(table) == 0


def test_a_job_is_posted_with_the_change_or_not_at_all(app, clock, table):
    with pytest.raises(ZeroDivisionError), transaction():
        post("letter")
        1 / 0  # noqa: B018
    assert deliver(table) == 0


def test_the_same_once_is_posted_once(app, clock, table, handled):
    post("letter", once="receipt-7", number=1)
    post("letter", once="receipt-7", number=2)
    deliver(table)
    post("letter", once="receipt-7", number=3)  # also when it is done
    assert deliver(table) == 0
    with transaction():
        post("letter", once="receipt-8", number=1)
        post("letter", once="receipt-8", number=2)
    deliver(table)
    assert [job.facts["number"] for job in handled] == [1, 1]


def test_what_was_posted_is_known_and_can_be_handled_before_the_commit(app, clock, table, handled):
    with transaction():
        post("letter", once="call-7-1")
        assert was_posted("call-7-1")
        post("letter", once="call-8-1")
        assert is_waiting("call-8-")
        post("letter", number=3)
        assert deliver(table) == 3
    assert len(handled) == 3


def test_a_job_goes_with_the_savepoint_that_it_was_posted_in(app, clock, table, handled):
    with transaction():
        post("letter", number=1)
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            post("letter", number=2)
            1 / 0  # noqa: B018
    deliver(table)
    assert [job.facts["number"] for job in handled] == [1]


def test_a_job_due_in_the_future_waits_for_its_moment(app, clock, table, handled):
    post("letter", due=NOON + timedelta(hours=1))
    clock.forward(minutes=59)
    assert deliver(table) == 0
    clock.forward(minutes=1)
    assert deliver(table) == 1


def test_what_is_due_first_is_handled_first(app, clock, table, handled):
    for minutes in (3, 1, 2):
        post("letter", due=NOON + timedelta(minutes=minutes), minutes=minutes)
    clock.forward(hours=1)
    deliver(table)
    assert [job.facts["minutes"] for job in handled] == [1, 2, 3]


def test_a_worker_takes_no_more_than_it_is_told(app, clock, table, handled):
    for _ in range(5):
        post("letter")
    assert deliver(table, limit=2) == 2
    assert len(handled) == 2


def test_jobs_of_a_kind_nobody_handles_stay(app, clock, table):
    post("riddle")
    assert deliver(table) == 0
    assert the_job("riddle").attempts == 0


@pytest.mark.parametrize("error", [TryLater("mail server: timed out"), ValueError("broken")])
def test_a_job_that_fails_is_tried_again_later_and_later(app, clock, error):
    def fail(_job):
        raise error

    post("letter")
    waits = []
    for _ in RETRY_AFTER:
        assert deliver({"letter": fail}) == 1
        row = the_job()
        waits.append((row.due_at - clock.at).total_seconds())
        assert deliver({"letter": fail}) == 0
        clock.at = row.due_at
    assert waits == list(RETRY_AFTER)
    assert waits == sorted(waits)
    assert str(error) in (row.last_error or "")
    assert row.failed_at is None


def test_a_job_whose_moment_has_not_come_waits_as_long_as_it_must_and_fails_never(app, clock):
    def rest(_job):
        raise NotNow(clock.at + timedelta(hours=2))

    post("letter")
    for _ in range(len(RETRY_AFTER) + 2):
        assert deliver({"letter": rest}) == 1
        assert deliver({"letter": rest}) == 0
        clock.at += timedelta(hours=2)
    row = the_job()
    assert (row.attempts, row.failed_at, row.last_error) == (0, None, None)


def test_mail_survives_a_server_that_is_down_for_a_day():
    assert sum(RETRY_AFTER) >= 24 * 3600


@pytest.mark.one_database
def test_what_a_failed_job_says_quotes_no_row(app, clock, capsys):
    post("letter")

    def quotes(_job) -> None:
        raise LookupError("duplicate key\nDETAIL: Key (email)=(ada@example.com) already exists.")

    deliver({"letter": quotes})
    kept = db.session.scalar(select(OutboxRow.last_error))
    assert "duplicate key" in kept
    for said in (kept, capsys.readouterr().err):
        assert "ada@example.com" not in said


def test_a_job_that_never_works_rests_as_failed_and_is_not_lost(app, clock):
    def fail(_job):
        raise TryLater("no")

    post("letter")
    for _ in range(len(RETRY_AFTER) + 1):
        deliver({"letter": fail})
        clock.forward(days=1)
    row = the_job()
    assert (row.failed_at is not None, row.done_at, row.attempts) == (True, None, len(RETRY_AFTER) + 1)
    assert deliver({"letter": fail}) == 0


def test_one_broken_job_does_not_stop_the_others(app, clock):
    done = []

    def handle(job):
        if job.facts["number"] == 1:
            raise RuntimeError("broken")
        done.append(job.facts["number"])

    for number in (1, 2, 3):
        post("letter", number=number)
    assert deliver({"letter": handle}) == 3
    assert done == [2, 3]


def test_a_job_keeps_its_id_over_retries(app, clock):
    seen = []

    def fail_once(job):
        seen.append((job.id, job.attempt))
        if job.attempt == 1:
            raise TryLater("no")

    post("letter")
    deliver({"letter": fail_once})
    clock.forward(seconds=RETRY_AFTER[0])
    deliver({"letter": fail_once})
    assert [attempt for _, attempt in seen] == [1, 2]
    assert len({job_id for job_id, _ in seen}) == 1


def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out(app, clock, table, handled):
    post("letter")
    asked_meanwhile = []

    def slow(_job):
        asked_meanwhile.append(deliver(table))

    deliver({"letter": slow})
    assert asked_meanwhile == [0]
    assert handled == []


def test_four_workers_share_the_jobs_and_none_is_handled_twice(site):
    handled, lock = [], threading.Lock()
    with site.app_context(), transaction():
        for number in range(40):
            post("letter", number=number)

    def handle(job):
        with lock:
            handled.append(job.facts["number"])

    def work():
        with site.app_context():
            while deliver({"letter": handle}, limit=3):
                pass
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(handled) == list(range(40))


def test_of_two_who_post_the_same_once_both_go_on_and_one_job_is_there(site):
    ready, posted = threading.Barrier(4), []

    def work():
        with site.app_context():
            ready.wait(10)
            with transaction():
                post("letter", once="the only one")
            posted.append(True)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with site.app_context():
        assert (len(posted), the_job().once) == (4, "the only one")


WORKER_THAT_DIES = """
import os, signal
from core.outbox import deliver
from portal.app import create_app

def die(job):
    os.kill(os.getpid(), signal.SIGKILL)

with create_app().app_context():
    deliver({"letter": die})
"""


def test_a_job_whose_worker_is_killed_is_leased_again_after_a_minute(app, database_url, tmp_path, table, handled):
    post("letter")
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url}
    killed = subprocess.run([sys.executable, "-c", WORKER_THAT_DIES], env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    row = the_job()
    assert (row.attempts, row.done_at, row.failed_at) == (1, None, None)
    assert timedelta(0) < row.leased_until - wall_now() <= LEASE
    assert deliver(table) == 0
    lease_ran_out()
    assert deliver(table) == 1
    assert [(job.id, job.attempt) for job in handled] == [(the_job().id, 2)]
