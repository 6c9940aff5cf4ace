"""The cars as they were left, in agreement with the database after a crash as well."""

from dataclasses import replace
from datetime import datetime

from fleet.cars.models import Car
from fleet.cars.queries import CarsNow, the_car
from fleet.telematics.listen import setups
from fleet.telematics.player.cars import Faults, Garage, State, Unit
from fleet.telematics.player.store import Store


def load_cars(store: Store, at: datetime) -> Garage:
    """The player's cars, in a garage that writes nothing down by itself.

    The database is written first. Where it heard more of a car than was written down before a crash, the car is as the
    database heard it.
    """
    units, acks = store.load().snapshot()
    garage = Garage(units, acks)
    garage.install(setups(), at=at)
    units, _acks = garage.snapshot()
    cars = {car.vin: car for car in [the_car(car.slug) for car in CarsNow().all()]}
    return Garage([_as_heard(unit, cars.get(unit.setup.unit)) for unit in units], acks)


def _as_heard(unit: Unit, car: Car | None) -> Unit:
    heard = car.reading if car else None
    if heard is None or heard.sequence <= unit.heard.sequence:
        return unit
    state = State(heard.lat, heard.lng, heard.odometer_miles, float(heard.energy_percent), heard.locked, heard.doors_open,
                  heard.engine_on, heard.plugged_in)
    says = replace(unit.heard, sequence=heard.sequence, at=heard.at, lat=heard.lat, lng=heard.lng,
                   odometer_miles=heard.odometer_miles, energy_percent=heard.energy_percent, locked=heard.locked,
                   doors_open=heard.doors_open, engine_on=heard.engine_on, plugged_in=heard.plugged_in,
                   online=heard.online)
    return Unit(unit.setup, state, says, Faults())
