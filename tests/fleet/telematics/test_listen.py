"""What the boxes say becomes each car's newest reading, whatever becomes of the service that passes it on."""

from dataclasses import replace
from datetime import timedelta

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
