"""Which numbers count is decided by the moment: a new version never changes an old price."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from core.database import db, transaction
from fleet.tariffs.in_force import NoTariff, policies_at, rates_at, rates_for
from fleet.tariffs.models import PolicyRow, Tariff
from tests.factories import NOON

TOMORROW = NOON + timedelta(days=1)


def new_policy(key: str, value: int) -> None:
    with transaction():
        db.session.add(PolicyRow(key=key, value=value, unit="minutes", version=2, effective_from=TOMORROW))


def test_a_policy_counts_from_the_moment_it_takes_effect(app):
    before = policies_at(NOON)["no_show"]
    new_policy("no_show", before.value + 30)
    assert policies_at(NOON)["no_show"] == before
    assert policies_at(TOMORROW)["no_show"].value == before.value + 30
    assert policies_at(TOMORROW)["no_show"].version == 2
    assert policies_at(TOMORROW)["late_fee"] == policies_at(NOON)["late_fee"]


def test_rates_count_from_the_moment_they_take_effect(app):
    now = rates_for("economy", "regular", NOON)
    with transaction():
        db.session.add(Tariff(car_class="economy", plan="regular", version=2, effective_from=TOMORROW, weekday_hour=1,
                              weekend_hour=1, night_hour=1, weekday_day=1, weekend_day=1, included_miles=1, mile=1))
    assert rates_for("economy", "regular", NOON) == now
    assert rates_for("economy", "regular", TOMORROW).weekday_hour == 1
    assert rates_for("economy", "payg", TOMORROW).weekday_hour > 1


def test_the_bundled_city_has_rates_for_every_class_on_every_plan(app):
    assert set(rates_at(NOON, "regular")) == set(rates_at(NOON, "payg"))
    assert len(rates_at(NOON, "regular")) == 8


def test_a_hole_in_the_tariffs_says_where_it_is(app):
    with pytest.raises(NoTariff, match="no tariff for yacht on regular"):
        rates_for("yacht", "regular", NOON)


@pytest.mark.parametrize("change", [
    "UPDATE policies SET value = 7 WHERE key = 'no_show'",
    "INSERT INTO policies (key, value, unit, version, effective_from, city) "
    "SELECT key, 7, unit, 2, '2026-03-01 00:00:00', city FROM policies WHERE key = 'no_show'",
    "DELETE FROM policies WHERE key = 'no_show'",
    "TRUNCATE policies",
])
def test_a_rule_that_somebody_else_changes_counts_at_once(app, change):
    if change.startswith("TRUNCATE") and db.engine.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    before = policies_at(NOON)["no_show"].value
    db.session.rollback()  # else this reader has the table, and nobody can empty it
    with db.engine.connect() as other:  # past our own code, as an operator would
        other.execute(text(change))
        other.commit()
    now = policies_at(NOON).get("no_show")
    assert before != 7
    assert now is None if change.startswith(("DELETE", "TRUNCATE")) else now.value == 7


def test_rates_that_somebody_else_changes_count_at_once(app):
    assert rates_for("economy", "regular", NOON).weekday_hour != 7
    with db.engine.connect() as other:
        other.execute(text("UPDATE tariffs SET weekday_hour = 7"))
        other.commit()
    assert rates_for("economy", "regular", NOON).weekday_hour == 7


def test_without_a_stamp_the_rules_are_read_each_time(app):
    with db.engine.connect() as other:
        other.execute(text("DELETE FROM rules_stamp"))
        other.commit()
    assert policies_at(NOON)["no_show"].value != 7
    with db.engine.connect() as other:
        other.execute(text("UPDATE policies SET value = 7 WHERE key = 'no_show'"))
        other.commit()
    db.session.rollback()
    assert policies_at(NOON)["no_show"].value == 7


def test_what_was_rolled_back_never_counted(app):
    before = policies_at(NOON)["no_show"].value

    def change_and_fail(value: int) -> None:
        with transaction():
            db.session.execute(text("UPDATE policies SET value = :value WHERE key = 'no_show'"), {"value": value})
            assert policies_at(NOON)["no_show"].value == value
            raise ZeroDivisionError

    for value in (7, 8):  # kept under its own stamp, which never comes back
        with pytest.raises(ZeroDivisionError):
            change_and_fail(value)
    assert policies_at(NOON)["no_show"].value == before


def test_rules_that_nobody_changed_are_not_read_again(app):
    asked = []
    policies_at(NOON), rates_at(NOON, "regular")
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    assert policies_at(TOMORROW)["no_show"].value
    assert rates_at(TOMORROW, "payg")
    assert ["policies" in each or "tariffs" in each for each in asked] == [False, False]
