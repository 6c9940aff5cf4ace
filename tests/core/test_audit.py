"""What staff change leaves a trace: who, before, after, chained so that an edited row is found."""
# ruff: noqa: PT012 - what is raised inside a transaction is raised through it

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from core.audit import GENESIS, AuditRow, Staff, act_as, acting_staff, audit, broken_links
from core.database import db, transaction
from core.outbox import post
from experience.record.models import Event
from experience.record.observe import Step, observe
from fleet.cars.models import Car
from fleet.damage.models import Mark
from portal.account.models import User
from tests.factories import NOON, a_car

MARA = Staff(7, "mara@example.com", "POST /fleet/cars/acorn")


def rows() -> list[AuditRow]:
    return list(db.session.scalars(select(AuditRow).order_by(AuditRow.id)))


def change(**values) -> None:
    with acting_staff(MARA), transaction():
        car = db.session.get_one(Car, a_car().id)
        for key, value in values.items():
            setattr(car, key, value)


@pytest.mark.check("audit")
def test_a_change_by_staff_says_who_why_before_and_after(app):
    car = a_car()
    old = car.colour
    change(colour="Rust")
    (row,) = rows()
    assert (row.actor_id, row.actor, row.why) == (7, "user 7", "POST /fleet/cars/acorn")
    assert (row.object, row.before, row.after) == (f"cars/{car.id}", {"colour": old}, {"colour": "Rust"})


def test_what_was_there_before_is_known_also_of_a_column_nobody_had_read(app):
    car = a_car()
    old = car.colour
    with acting_staff(MARA), transaction():  # which forgets what was loaded
        car.colour = "Rust"
    assert [(row.before, row.after) for row in rows()] == [({"colour": old}, {"colour": "Rust"})]


def test_new_and_deleted_rows_leave_a_trace_too(app):
    with acting_staff(MARA), transaction():
        mark = Mark(car_id=a_car().id, view="left", what="a long scratch", since=NOON)
        db.session.add(mark)
    with acting_staff(MARA), transaction():
        db.session.delete(mark)
    made, gone = rows()
    assert made.after["what"] == gone.before["what"] == "a long scratch"
    assert made.before == gone.after == {}
    assert made.object == gone.object


def test_members_and_machines_leave_no_audit_rows(app):
    with transaction():
        a_car().colour = "Rust"
        audit("cars/1", before={}, after={"colour": "Rust"})
    assert rows() == []


def test_what_changes_nothing_leaves_nothing(app):
    change(colour=a_car().colour)
    assert rows() == []


def test_a_rolled_back_change_leaves_nothing(app):
    with pytest.raises(ZeroDivisionError), acting_staff(MARA), transaction():
        a_car().colour = "Rust"
        db.session.flush()
        1 / 0  # noqa: B018
    assert rows() == []


def test_secrets_are_masked(app, people):
    user = people.member().user
    with acting_staff(MARA), transaction():
        db.session.get_one(User, user.id).password_hash = "another-hash"
    (row,) = rows()
    assert row.before == row.after == {"password_hash": "(private)"}


def test_the_queue_and_the_event_log_are_not_audited(app, people):
    member = people.member()
    with acting_staff(MARA), observe(Step.HELP_CONTACT, member=member), transaction():
        post("letter")
    assert rows() == []


def test_a_change_without_the_orm_is_told_by_hand(app):
    with acting_staff(MARA), transaction():
        db.session.execute(update(Car).where(Car.id == a_car().id).values(colour="Rust"))
        audit("cars", before={"since": NOON, "cars": 0}, after={"colour": "Rust", "cars": 1, "share": 0.5, "all": False,
                                                                 "none": None})
    (row,) = rows()
    assert row.before == {"since": str(NOON), "cars": 0}
    assert row.after == {"colour": "Rust", "cars": 1, "share": 0.5, "all": False, "none": None}
    assert broken_links() == []


def test_the_acting_staff_is_forgotten_at_the_end(app):
    with acting_staff(MARA):
        act_as(None)
    with transaction():
        a_car().colour = "Rust"
    assert rows() == []


def test_each_row_carries_the_hash_of_the_one_before(app):
    for colour in ("Rust", "Sea", "Sand"):
        change(colour=colour)
    first, second, third = rows()
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == (GENESIS, first.hash, second.hash)
    db.session.remove()
    assert broken_links() == []
    assert app.test_cli_runner().invoke(args=["audit"]).output == "The audit is whole.\n"


@pytest.mark.parametrize("edit", [
    "actor = 'nobody@example.com'", "actor_id = 8", "why = 'no reason'", "object = 'cars/9'",
    """before = '{"colour": "Lies"}'""", """after = '{"colour": "Lies"}'""",
])
@pytest.mark.check("audit")
def test_a_row_that_somebody_edited_behind_our_back_is_found(app, edit):
    for colour in ("Rust", "Sea", "Sand"):
        change(colour=colour)
    second = rows()[1].id
    _without_the_guard("UPDATE", f"UPDATE audit SET {edit} WHERE id = {second}")  # noqa: S608 - the test's own words
    assert broken_links() == [second]
    said = app.test_cli_runner().invoke(args=["audit"])
    assert (said.exit_code, f"rows {second}" in said.output) == (1, True)


def test_a_row_moved_in_time_is_found(app):
    change(colour="Rust")
    later = rows()[0].at + timedelta(seconds=1)
    _without_the_guard("UPDATE", update(AuditRow).values(at=later))
    assert broken_links() == [rows()[0].id]


@pytest.mark.check("audit")
def test_a_row_that_is_gone_is_missed_by_the_next(app):
    for colour in ("Rust", "Sea", "Sand"):
        change(colour=colour)
    _first, second, third = (row.id for row in rows())
    _without_the_guard("DELETE", f"DELETE FROM audit WHERE id = {second}")  # noqa: S608 - the test's own words
    assert broken_links() == [third]


def _without_the_guard(verb: str, statement) -> None:
    """What somebody with the database's keys could do."""
    name = f"audit_append_only_{verb.lower()}"
    with transaction():
        db.session.execute(text(f"DROP TRIGGER {name}" + (" ON audit" if db.engine.name == "postgresql" else "")))
        db.session.execute(text(statement) if isinstance(statement, str) else statement)
    db.session.remove()


@pytest.mark.parametrize("statement", [
    update(AuditRow).values(why="no reason"), delete(AuditRow), text("UPDATE audit SET id = id"),
    update(Event).values(step="book.cancel"),
], ids=["change audit", "delete audit", "touch audit", "change events"])
def test_the_database_itself_refuses_to_rewrite_history(app, people, statement):
    member = people.member()
    with acting_staff(MARA), transaction():
        a_car().colour = "Rust"
    with observe(Step.HELP_CONTACT, member=member), transaction():
        pass
    with pytest.raises(DBAPIError, match="append_only"), transaction():
        db.session.execute(statement)
