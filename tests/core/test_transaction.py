"""`transaction()`: all or nothing, joined by what is inside it, and writers that queue."""
# ruff: noqa: PT012 - what is raised inside a transaction is raised through it

import os
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from core.database import (
    ChangedOutsideTransaction,
    WouldBeForgotten,
    after_end,
    at_commit,
    before_commit,
    db,
    in_transaction,
    look_up_once,
    reading,
    transaction,
    write_now,
    write_together,
)
from core.lock_file import lock_file, locked
from core.outbox import OutboxRow
from fleet.cars.models import Car
from fleet.tariffs.models import PolicyRow
from tests.factories import NOON, a_car


def a_policy(key: str = "a_rule") -> PolicyRow:
    return PolicyRow(key=key, value=1, unit="minutes", version=1, effective_from=NOON)


def policies(*keys: str) -> list[str]:
    found = select(PolicyRow.key).where(PolicyRow.key.in_(keys or ("a_rule",))).order_by(PolicyRow.key)
    return list(db.session.scalars(found))


def test_everything_in_the_block_is_kept_together(app):
    with transaction():
        db.session.add(a_policy("a_rule"))
        db.session.add(a_policy("b_rule"))
    db.session.remove()
    assert policies("a_rule", "b_rule") == ["a_rule", "b_rule"]


def test_nothing_is_kept_when_the_block_raises(app):
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.add(a_policy())
        db.session.flush()
        1 / 0  # noqa: B018
    assert policies() == []
    assert not in_transaction()


def test_nothing_is_kept_when_the_commit_itself_fails(app):
    with pytest.raises(IntegrityError), transaction():
        db.session.add_all([a_policy(), a_policy()])  # flushed at the end: one value per key and day
    assert policies() == []
    with transaction():  # and the next one works
        db.session.add(a_policy())
    assert policies() == ["a_rule"]


def test_a_block_inside_another_joins_it(app):
    with pytest.raises(ZeroDivisionError), transaction():
        with transaction():
            db.session.add(a_policy())
        assert policies() == ["a_rule"]
        1 / 0  # noqa: B018
    assert policies() == []


def test_what_was_loaded_before_is_loaded_again_inside(app):
    car = a_car()
    assert car.state == "available"
    with _another_connection() as other:
        other.execute(text("UPDATE cars SET state = 'cleaning' WHERE id = :id"), {"id": car.id})
    with transaction():
        assert car.state == "cleaning"


@contextmanager
def _another_connection():
    with db.engine.connect() as connection:
        yield connection
        connection.commit()


@pytest.mark.parametrize("change", ["new", "dirty", "deleted"])
def test_a_change_made_before_the_transaction_is_refused_instead_of_lost(app, change):
    if change == "new":
        db.session.add(a_policy())
    elif change == "dirty":
        a_car().colour = "Rust"
    else:
        db.session.delete(db.session.scalars(select(PolicyRow).limit(1)).one())
    with pytest.raises(ChangedOutsideTransaction, match="move the change inside"), transaction():
        pass
    db.session.rollback()


def test_callbacks_run_before_the_commit_and_after_the_end_in_this_order(app):
    told = []
    with at_commit(lambda: told.append(("hook", in_transaction()))), transaction():
        after_end(lambda: told.append(("after", in_transaction())))
        before_commit(lambda: told.append(("before", in_transaction())))
        told.append(("block", in_transaction()))
    assert told == [("block", True), ("hook", True), ("before", True), ("after", False)]


def test_after_a_rollback_only_what_is_due_after_the_end_runs(app):
    told = []
    with (pytest.raises(ZeroDivisionError), at_commit(lambda: told.append("hook")), transaction()):
        before_commit(lambda: told.append("before"))
        after_end(lambda: told.append("after"))
        1 / 0  # noqa: B018
    assert told == ["after"]


def test_a_hook_runs_once_for_each_outermost_transaction_and_not_after_its_block(app):
    told = []
    with at_commit(lambda: told.append("hook")):
        with transaction(), transaction():
            pass
        with transaction():
            pass
    with transaction():
        pass
    assert told == ["hook", "hook"]


def test_a_callback_that_fails_takes_the_whole_transaction_with_it(app):
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.add(a_policy())
        before_commit(lambda: 1 / 0)
    assert policies() == []


def test_a_callback_may_ask_for_another_one(app):
    told = []
    with transaction():
        before_commit(lambda: before_commit(lambda: told.append("second")))
    assert told == ["second"]


def test_rows_for_one_writer_are_written_together_and_those_that_come_while_it_writes_after_them(app):
    written = []
    with transaction():
        for row in "abc":
            write_together(written.append, row)
        before_commit(lambda: write_together(written.append, "d"))
        assert written == []
    assert written == [["a", "b", "c"], ["d"]]


def test_rows_from_before_a_savepoint_are_never_written_inside_it(app):
    written = []
    with transaction():
        write_together(written.append, "a")
        with pytest.raises(WouldBeForgotten), db.session.begin_nested():
            write_now(written.append)
        assert written == []
        write_now(written.append)
        with db.session.begin_nested():
            write_now(written.append)  # nothing waits any more
    assert written == [["a"]]


def test_a_rollback_forgets_the_rows_that_wait_for_their_writer(app):
    written = []
    with pytest.raises(ZeroDivisionError), transaction():
        write_together(written.append, "a")
        1 / 0  # noqa: B018
    with transaction():
        write_together(written.append, "b")
    assert written == [["b"]]


def test_what_fails_after_the_end_keeps_neither_the_others_nor_the_reason_back(app, capsys):
    told = []
    with pytest.raises(LookupError, match="the reason"), transaction():
        after_end(lambda: 1 / 0)
        after_end(lambda: told.append("after"))
        raise LookupError("the reason")
    assert told == ["after"]
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.one_database
def test_many_short_threads_leave_no_lock_file_open(app):
    def write():
        with app.app_context():
            with transaction():
                pass
            db.session.remove()

    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    for _ in range(2):
        before = descriptors()
        for _ in range(20):
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()
    assert descriptors() <= before


def test_a_reading_asks_once_and_a_transaction_inside_it_asks_for_itself(app):
    asked = iter("abcdef")

    def look() -> str:
        return look_up_once("it", lambda: next(asked))

    assert (look(), look()) == ("a", "b")
    with reading():
        assert (look(), look()) == ("c", "c")
        with transaction():
            assert (look(), look()) == ("d", "d")
        assert look() == "c"
    assert look() == "e"


def test_outside_a_transaction_nothing_can_be_hung_on_its_end(app):
    with pytest.raises(LookupError):
        before_commit(lambda: None)
    with pytest.raises(LookupError):
        write_together(print, "a")
    with pytest.raises(LookupError):
        after_end(lambda: None)


def test_two_threads_that_count_one_up_lose_nothing(site):
    with site.app_context():
        car_id = a_car().id
        with transaction():
            db.session.get_one(Car, car_id).year = 0

    def count_up():
        with site.app_context():
            for _ in range(20):
                with transaction():
                    car = db.session.scalars(select(Car).where(Car.id == car_id).with_for_update(of=Car)).one()
                    car.year += 1
            db.session.remove()

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with site.app_context():
        assert db.session.get_one(Car, car_id).year == 80


def test_writers_on_sqlite_queue_at_the_lock_file_until_the_commit_is_past(site):
    path = lock_file(site.config["SQLALCHEMY_DATABASE_URI"])
    if path is None:
        return  # other databases queue by row, and have no lock file
    events, inside, leave = [], threading.Event(), threading.Event()

    def first():
        with site.app_context(), transaction():
            events.append("first in")
            inside.set()
            leave.wait(10)
            after_end(lambda: events.append("first out"))

    def second():
        with site.app_context(), transaction():
            events.append("second in")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    inside.wait(10)
    threads[1].start()
    time.sleep(0.1)
    assert events == ["first in"]
    leave.set()
    for thread in threads:
        thread.join(10)
    assert sorted(events[1:]) == ["first out", "second in"]


def test_readers_do_not_queue_behind_a_writer(site):
    with site.app_context(), transaction():
        db.session.execute(select(func.count()).select_from(OutboxRow))
        answered = []

        def read():
            with site.app_context():
                answered.append(db.session.scalar(select(func.count()).select_from(Car)))
                db.session.remove()

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(10)
        assert answered[0] > 100


def test_the_lock_file_stands_beside_an_sqlite_file_and_nowhere_else(tmp_path):
    assert lock_file(f"sqlite:///{tmp_path}/x.sqlite") == tmp_path / "x.sqlite.lock"
    assert lock_file("sqlite://") is None
    assert lock_file("postgresql+psycopg://localhost/x") is None


def test_two_threads_do_not_share_one_lock(tmp_path):
    path, told = tmp_path / "x.lock", []

    def wait_for_it():
        with locked(path):
            told.append("second")

    with locked(path):
        other = threading.Thread(target=wait_for_it)
        other.start()
        time.sleep(0.05)
        told.append("first")
    other.join(10)
    assert told == ["first", "second"]


def test_a_naive_time_is_never_stored_and_a_stored_one_comes_back_in_utc(app):
    with pytest.raises(Exception, match="naive datetime"), transaction():
        db.session.add(PolicyRow(key="x", value=1, unit="s", version=1, effective_from=NOON.replace(tzinfo=None)))
        db.session.flush()
    with transaction():
        db.session.add(a_policy())
    db.session.remove()
    stored = db.session.scalars(select(PolicyRow.effective_from).where(PolicyRow.key == "a_rule")).one()
    assert stored == NOON
    assert stored.tzname() == "UTC"


def test_sqlite_syncs_every_commit_and_keeps_foreign_keys(app):
    if db.engine.dialect.name != "sqlite":
        assert db.session.scalar(text("SHOW lock_timeout")) == "5s"
        assert db.session.scalar(text("SHOW statement_timeout")) == "15s"
        return
    found = {name: db.session.execute(text(f"PRAGMA {name}")).scalar()
             for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
