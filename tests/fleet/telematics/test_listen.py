"""What the boxes say becomes each car's newest reading, whatever becomes of the service that passes it on."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from core.database import db
from fleet.cars.models import CarReading
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.listen import keep_readings, setups, take_readings
from fleet.telematics.player.cars import Garage
from tests.factories import NOON, a_car


@pytest.fixture
def cars(app, clock):
    """The boxes of the city's cars, and what they have said so far."""
    boxes = EmbeddedTelematics(Garage(), clock)
    boxes.install(setups())
    return boxes


def reading_of(car):
    return db.session.scalars(select(CarReading).where(CarReading.car_id == car.id)).one()



@pytest.fixture
def says(cars, clock):
    """Have the first car's gauge show what it is told, one reading after the other."""
    newest = next(reading for reading in cars.changes(0) if reading.unit == a_car().vin)
    sequence = count(1_000)

    def say(*percents, every=4, miles=0, **differently):
        for percent in percents:
            clock.forward(minutes=every)
            keep_readings([replace(newest, sequence=next(sequence), at=clock(), energy_percent=percent,
                                   odometer_miles=newest.odometer_miles + miles, **differently)])
        return reading_of(a_car())

    return say


def filling(reading):
    """From how many percent the car was last filled, and how many minutes after noon that was noticed."""
    return reading.filled_at and (reading.filled_from, (reading.filled_at - NOON).total_seconds() / 60)


def test_a_battery_that_fills_percent_by_percent_is_seen_to_be_filled_once_from_where_it_began(says):
    says(60, 50)
    assert filling(says(51, 52, plugged_in=True)) is None
    assert filling(says(53, plugged_in=True)) == (50, 20)
    full = says(*range(54, 80), 79, 78, *range(79, 96), plugged_in=True)
    assert filling(full) == (50, 20)
    assert full.energy_before_filling(NOON) == 50


def test_after_a_drive_the_next_filling_counts_from_where_the_gauge_fell_to(says):
    says(50, 51, 52, 53, plugged_in=True)
    assert filling(says(52, 40, 30)) == (50, 16)
    assert filling(says(31, 32, 33, plugged_in=True, every=20)) == (30, 88)


def test_a_parked_car_that_is_plugged_in_again_is_filled_anew(says):
    says(50, 51, 52, 53, plugged_in=True)
    says(53, every=60)
    assert filling(says(54, 55, 56, plugged_in=True)) == (53, 88)


def test_a_restless_gauge_is_no_filling(says):
    assert filling(says(*[50, 51, 52, 51, 50, 52, 50] * 20)) is None


def test_at_the_pump_each_leap_is_noticed_and_leaps_within_half_an_hour_are_one_filling(says):
    assert filling(says(20, 60, 95)) == (20, 8)
    assert filling(says(95, 80, every=60)) == (20, 8)
    assert filling(says(98, every=60)) == (80, 192)


def test_what_the_next_driver_fills_within_half_an_hour_is_a_filling_of_its_own(says):
    assert filling(says(20, 30)) == (20, 8)
    assert filling(says(29, miles=2)) == (20, 8)
    next_trip = NOON + timedelta(minutes=14)
    driven = says(95, miles=2)
    assert filling(driven) == (29, 16)
    assert driven.energy_before_filling(next_trip) == 29


def test_a_new_plug_within_half_an_hour_is_a_filling_of_its_own(says):
    assert filling(says(20, 30, plugged_in=True)) == (20, 8)
    says(30)
    assert filling(says(31, 32, 33, plugged_in=True)) == (30, 24)


def test_a_gauge_that_is_restless_at_the_pump_begins_no_new_filling(says):
    assert filling(says(20, 60, 59, 58, 95)) == (20, 8)


def test_the_cars_service_may_start_afresh_and_is_heard_from_then_on(cars, clock):
    car = a_car()
    for percent in range(30, 90):
        cars.garage.refuel(car.vin, to_percent=percent, at=clock())
    take_readings(cars)
    clock.forward(hours=1)
    anew = EmbeddedTelematics(Garage(), clock)
    anew.install([replace(setup, energy_percent=44) for setup in setups()])
    take_readings(anew)
    assert take_readings(anew) == len(setups())
    assert reading_of(car).energy_percent == 44
    anew.garage.refuel(car.vin, to_percent=45, at=clock())
    assert take_readings(anew) == 1
    assert reading_of(car).energy_percent == 45
    assert reading_of(car).filled_from is None  # the gap between the two services is no filling
    assert take_readings(anew) == 0


def test_a_service_that_starts_afresh_from_an_old_copy_takes_back_nothing(cars, clock):
    car = a_car()
    take_readings(cars)
    copy = cars.export_state()
    clock.forward(hours=1)
    cars.garage.refuel(car.vin, to_percent=97, at=clock())
    take_readings(cars)
    cars.import_state(copy)
    for _ in range(3):
        take_readings(cars)
    assert reading_of(car).energy_percent == 97
    clock.forward(minutes=1)
    cars.garage.refuel(car.vin, to_percent=98, at=clock())
    take_readings(cars)
    assert reading_of(car).energy_percent == 98


def test_five_hundred_units_that_are_none_of_ours_do_not_stand_before_ours(app, clock):
    boxes, (ours, *_) = EmbeddedTelematics(Garage(), clock), setups()
    boxes.install([replace(ours, unit=f"FOREIGN{number}") for number in range(1_100)])
    boxes.install([ours])
    take_readings(boxes)
    assert [reading.at for reading in db.session.scalars(select(CarReading))] == [NOON]


def test_an_older_reading_of_the_same_service_changes_nothing(cars):
    take_readings(cars)
    car = a_car()
    newest = next(reading for reading in cars.changes(0) if reading.unit == car.vin)
    keep_readings([replace(newest, sequence=newest.sequence - 1, at=NOON + timedelta(hours=1), odometer_miles=1.0)])
    assert reading_of(car).odometer_miles == newest.odometer_miles
