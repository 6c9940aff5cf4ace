"""What the boxes say becomes the newest reading of each car, within a second or two of the change."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from core.database import db, hold_nothing_open, transaction
from fleet.cars.models import Car, CarReading
from fleet.telematics.port import Reading, Setup, Telematics

FILLED_PERCENT = 3  # less is the gauge's own restlessness
ONE_FILLING = timedelta(minutes=30)


def take_readings(cars: Telematics) -> int:
    """Ask what has changed since the newest reading we have, keep it, and return how many cars changed."""
    since = db.session.scalar(select(func.max(CarReading.sequence))) or 0
    hold_nothing_open()
    changes = cars.changes(since)
    if changes:
        keep_readings(changes)
    return len(changes)


def keep_readings(changes: Sequence[Reading]) -> None:
    """Store each car's reading, unless a newer one is there already. Unknown units are left out."""
    with transaction():
        ids: dict[str, int] = {vin: car_id for vin, car_id in db.session.execute(
            select(Car.vin, Car.id).where(Car.vin.in_([change.unit for change in changes])))}
        known = {row.car_id: row for row in db.session.scalars(
            select(CarReading).where(CarReading.car_id.in_(ids.values())))}
        for change in changes:
            car_id = ids.get(change.unit)
            if car_id is None:
                continue
            row = known.get(car_id)
            if row is None:
                row = known[car_id] = CarReading(car_id=car_id, sequence=-1, energy_percent=change.energy_percent)
                db.session.add(row)
            if change.sequence > row.sequence:
                _keep_filling(change, row)
                _copy(change, row)


def _keep_filling(reading: Reading, row: CarReading) -> None:
    """A gauge that rises is being filled; what rises again within half an hour is the same filling."""
    if reading.energy_percent < row.energy_percent + FILLED_PERCENT:
        return
    if row.filled_at is None or reading.at - row.filled_at > ONE_FILLING:
        row.filled_from, row.filled_at = row.energy_percent, reading.at


def _copy(reading: Reading, row: CarReading) -> None:
    for name in ("sequence", "at", "lat", "lng", "odometer_miles", "energy_percent", "locked", "doors_open",
                 "engine_on", "plugged_in", "online"):
        setattr(row, name, getattr(reading, name))


def setups() -> list[Setup]:
    """Every car as its box should first hear of it."""
    return [
        Setup(unit=car.vin, name=car.name, lat=car.lat, lng=car.lng, odometer_miles=car.launch_odometer,
              energy_percent=car.launch_energy, tank_miles=car.model.range_miles, electric=car.electric)
        for car in db.session.scalars(select(Car).order_by(Car.id)).unique()
    ]
