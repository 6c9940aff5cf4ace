"""Which numbers count is decided by the moment: a new version never changes an old price."""

from datetime import timedelta

import pytest

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
