"""How long a car stands after a trip: its lot's time, or the time to charge."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from core.time import now
from fleet.calendar.turnaround import turnaround_of, with_turnaround
from fleet.cars.models import CarClass
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policy
from tests.factories import NOON, a_car, hours

POLICIES = {"turnaround_range": Policy(30, 1), "charger_power": Policy(7200, 1), "charging_loss": Policy(15, 1)}


def a_model(*, electric: bool = True, kwh: float | None = 65, miles: int = 259, charger: bool = True, lot: int = 0):
    return SimpleNamespace(electric=electric, model=SimpleNamespace(battery_kwh=kwh, range_miles=miles),
                           bay=SimpleNamespace(charger=charger), lot=SimpleNamespace(turnaround_minutes=lot))


@pytest.mark.parametrize(("car", "minutes"), [
    (a_model(), 75),                        # 30 of 259 miles are 7.53 kWh, with 15 % lost 8.66: 72.2 minutes at 7.2 kW
    (a_model(kwh=60, miles=300), 60),       # 6 kWh, 6.9 with the loss: 57.5 minutes
    (a_model(miles=20), 630),               # a battery is charged once over at most: 65 kWh, 74.75: 622.9 minutes
    (a_model(kwh=1000, miles=20), 1440),    # and no longer than a day
    (a_model(charger=False), 0),            # there is nothing to charge it with
    (a_model(electric=False, kwh=None), 0),
    (a_model(electric=False, kwh=None, lot=20), 20),
    (a_model(lot=20), 75),                  # the longer one
    (a_model(lot=90), 90),
])
def test_a_car_stands_as_long_as_its_lot_says_or_as_it_takes_to_charge(car, minutes):
    assert turnaround_of(car, POLICIES) == timedelta(minutes=minutes)


@pytest.mark.parametrize("key", ["turnaround_range", "charger_power"])
def test_an_operator_without_chargers_or_needs_says_nothing(key):
    assert turnaround_of(a_model(), {**POLICIES, key: Policy(0, 1)}) == timedelta(0)


def test_in_the_bundled_city_electric_cars_stand_for_an_hour_or_a_little_more_and_others_do_not(app):
    policies = policies_at(now())
    electric, petrol = a_car(car_class=CarClass.EV), a_car(car_class=CarClass.ECONOMY)
    assert timedelta(hours=1) <= turnaround_of(electric, policies) <= timedelta(minutes=90)
    assert with_turnaround(electric, hours(0, 2), policies).end - NOON == timedelta(hours=2) + turnaround_of(electric, policies)
    assert turnaround_of(petrol, policies) == timedelta(0)
