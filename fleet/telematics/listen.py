"""What the boxes say becomes the newest reading of each car, within a second or two of the change."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select, update

from core.database import db, hold_nothing_open, transaction
from core.outbox import post
from fleet.cars.models import Car, CarReading
from fleet.telematics.fobs import fob_mark, fob_number
from fleet.telematics.port import Reading, Setup, Telematics
from portal.web.shell import adapters

FILLED_PERCENT = 3  # less is the gauge's own restlessness
ONE_FILLING = timedelta(minutes=30)
OF_BEFORE = 0  # the sequence of a reading from before the cars' service started afresh; its own begin at 1


def take_readings(cars: Telematics) -> int:
    """Ask what has changed since the newest reading we have, keep it, and return how many readings were heard.

    Goes on until nothing is new, so that units that are none of ours never stand before those that are. A service
    that started afresh answers with sequences below ours: those we have count no longer, and the next call asks for all.
    """
    since, heard = db.session.scalar(select(func.max(CarReading.sequence))) or 0, 0
    hold_nothing_open()
    while changes := cars.changes(since):
        newest = changes[-1].sequence
        if newest <= since:
            _count_afresh()
            break
        keep_readings(changes)
        since, heard = newest, heard + len(changes)
    return heard


def _count_afresh() -> None:
    with transaction():
        db.session.execute(update(CarReading).values(sequence=OF_BEFORE))


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
                row = known[car_id] = CarReading(car_id=car_id, rising_from=change.energy_percent)
                db.session.add(row)
            elif not _is_newer(change, row):
                continue
            elif row.sequence == OF_BEFORE:  # the gap between the two services is no filling
                row.rising_from = change.energy_percent
            else:
                _keep_filling(change, row)
            _tell_tap(change, row)
            _copy(change, row)


def _tell_tap(reading: Reading, row: CarReading) -> None:
    """A fob that was held to the reader since is somebody else's to judge: a job says which, by its mark."""
    if reading.tap is None or reading.tapped_at is None or (row.tapped_at is not None and reading.tapped_at <= row.tapped_at):
        return
    row.tapped_at = reading.tapped_at
    with suppress(ValueError):  # what a reader took for a fob and is none
        post("fob_tap", once=f"fob_tap-{row.car_id}-{reading.tapped_at.isoformat()}", car_id=row.car_id,
             mark=fob_mark(fob_number(reading.tap), adapters().seal), at=reading.tapped_at.isoformat())


def _is_newer(reading: Reading, row: CarReading) -> bool:
    """By their sequences; by their moments when the service has started afresh between the two."""
    return reading.at >= row.at if row.sequence == OF_BEFORE else reading.sequence > row.sequence


def _keep_filling(reading: Reading, row: CarReading) -> None:
    """A gauge that rises is being filled, in one leap or percent by percent.

    What rises on the same plug is the same filling; so is what rises again within half an hour, unless the plug is new
    or the gauge fell since: then somebody else may be at the pump.
    """
    counted_at = row.filled_at if row.rising_from is None else None
    if counted_at is not None and row.plugged_in and reading.plugged_in:
        return
    lately = counted_at is not None and reading.at - counted_at <= ONE_FILLING
    if row.rising_from is None and reading.plugged_in and not row.plugged_in:
        row.rising_from = row.energy_percent
    if reading.energy_percent < row.energy_percent:
        if not (lately and _is_restless(reading, row)):
            row.rising_from = reading.energy_percent
        return
    low = row.energy_percent if row.rising_from is None else row.rising_from
    if reading.energy_percent < low + FILLED_PERCENT:
        return
    if row.rising_from is not None or not lately:
        row.filled_from, row.filled_at = low, reading.at
    row.rising_from = None


def _is_restless(reading: Reading, row: CarReading) -> bool:
    """Whether the gauge shows a little less of a car that stands."""
    stands = reading.odometer_miles <= row.odometer_miles
    return stands and row.energy_percent - reading.energy_percent < FILLED_PERCENT


def _copy(reading: Reading, row: CarReading) -> None:
    for name in ("sequence", "at", "lat", "lng", "odometer_miles", "energy_percent", "locked", "doors_open",
                 "engine_on", "plugged_in", "online"):
        setattr(row, name, getattr(reading, name))


def setups(vins: Collection[str] | None = None) -> list[Setup]:
    """Every car, or those with these VINs, as its box should first hear of it."""
    cars = select(Car).order_by(Car.id)
    return [
        Setup(unit=car.vin, name=car.name, lat=car.lat, lng=car.lng, odometer_miles=car.launch_odometer,
              energy_percent=car.launch_energy, tank_miles=car.model.range_miles, electric=car.electric)
        for car in db.session.scalars(cars if vins is None else cars.where(Car.vin.in_(vins))).unique()
    ]
