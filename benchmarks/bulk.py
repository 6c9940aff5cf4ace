"""Cars by the thousand or the million, with their bookings to come: the same for the same seed, on both databases.

They stand around the middle of the bundled city. A region has as many cars to the square kilometre however many there are,
so that it grows in area like a service that grows by cities; the metro area has them all on a square of 30 km.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from core.database import db
from fleet.calendar.hold import SQLITE_TRIGGERS
from fleet.cars.models import CarClass

LOOP = (41.8827, -87.6278)  # State & Madison
SEED = 7
CARS_A_LOT = 10
BOOKINGS = 20  # to come, for each car
APART = 67  # quarter-hours from the start of one booking to the next of a car, less at most 24 and more at most 24
PER_KM2, METRO_KM = 6.0, 30.0
FIRST_ID = 1_000_000  # above every id of the bundled city
AN_HOUR, QUARTER = 3600, 900


@dataclass(frozen=True, slots=True)
class Scale:
    """How many cars stand on a square of which size."""

    name: str
    cars: int
    kilometres: float

    def somewhere(self, dice: random.Random) -> tuple[float, float]:
        """A place in the square."""
        half = self.kilometres / 2
        return at_kilometres(dice.uniform(-half, half), dice.uniform(-half, half))


def _region(name: str, cars: int) -> Scale:
    return Scale(name, cars, math.sqrt(cars / PER_KM2))


SCALES = {scale.name: scale for scale in (
    _region("tiny", 300), _region("1k", 1000), _region("10k", 10_000), _region("100k", 100_000), _region("1M", 1_000_000),
    Scale("metro", 100_000, METRO_KM))}


def at_kilometres(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude so far from the middle."""
    lat = LOOP[0] + north / 111.1
    return lat, LOOP[1] + east / (111.3 * math.cos(math.radians(LOOP[0])))


def fill(scale: Scale, base: datetime) -> None:
    """Write the cars of the scale and their bookings from `base` on into a migrated database with the city in it."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _fill_sqlite(connection, scale, base)
        else:
            _fill_postgresql(connection, scale, base)


_COLUMNS = {
    "lots": ("id", "slug", "name", "address", "neighbourhood", "lat", "lng", "access", "how_to_get_in", "landmark", "street",
             "timezone", "turnaround_minutes"),
    "bays": ("id", "lot_id", "number", "level", "lat", "lng", "charger"),
    "cars": ("id", "slug", "name", "plate", "vin", "year", "colour", "paint", "model_id", "car_class", "lot_id", "bay_id",
             "lat", "lng", "state", "features", "launch_odometer", "launch_energy"),
}


def _rows(scale: Scale, models: dict[str, int]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each row with its table, parents first within each lot."""
    dice, classes = random.Random(SEED), [str(one) for one in CarClass]  # noqa: S311 - a made-up city
    for lot in range(FIRST_ID, FIRST_ID + -(-scale.cars // CARS_A_LOT)):
        lat, lng = scale.somewhere(dice)
        yield "lots", (lot, f"lot-{lot}", f"Lot {lot}", f"{lot} Bench St", "Bench", lat, lng, "street", "", "", "",
                       "America/Chicago", 0)
        for number in range(CARS_A_LOT):
            car, car_class = (lot - FIRST_ID) * CARS_A_LOT + number + FIRST_ID, classes[dice.randrange(len(classes))]
            there, across = lat + number * 3e-5, lng + dice.uniform(-5e-4, 5e-4)
            yield "bays", (car, lot, number + 1, "street", there, across, False)
            yield "cars", (car, f"car-{car}", f"Car {car}", f"B {car}", f"BENCH{car}", 2025, "Blue", "blue", models[car_class],
                           car_class, lot, car, there, across, "available", "bike-rack carplay", 100.0, 80)


# A booking every 16 hours and three quarters, shaken by up to six hours and begun elsewhere in its round by each car, two to
# eight hours and a quarter long: about half of the cars are free for three hours at any time. Arithmetic instead of dice, so
# that the database does it itself.
_STARTS = f"(b.k * {APART} + (c.id * 7919 + b.k * 104729) % 24 + c.id * 31 % {APART}) * {QUARTER}"
_ENDS = f"{_STARTS} + (8 + (c.id * 6271 + b.k * 15485863) % 26) * {QUARTER}"
_NUMBERS = f"WITH RECURSIVE b(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM b WHERE k < {BOOKINGS - 1})"  # noqa: S608 - ours


def _fill_sqlite(connection: Connection, scale: Scale, base: datetime) -> None:
    for pragma in ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql("DROP TRIGGER one_driver_at_a_time")
    waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _COLUMNS}

    def write(name: str) -> None:
        columns = _COLUMNS[name]
        if not waiting[name]:
            return
        connection.exec_driver_sql(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                                   waiting[name])
        waiting[name] = []

    for name, row in _rows(scale, _models(connection)):
        waiting[name].append(row)
        if len(waiting[name]) == 20_000:
            write(name)
    for name in _COLUMNS:
        write(name)
    epoch = int(base.timestamp())
    moment = "strftime('%Y-%m-%d %H:%M:%f000', {epoch} + {seconds}, 'unixepoch')"
    connection.exec_driver_sql(
        f"{_NUMBERS} INSERT INTO occupancies (car_id, starts_at, ends_at, kind) "  # noqa: S608 - all of it is ours
        f"SELECT c.id, {moment.format(epoch=epoch, seconds=_STARTS)}, {moment.format(epoch=epoch, seconds=_ENDS)}, 'trip' "
        f"FROM cars c CROSS JOIN b WHERE c.id >= {FIRST_ID}")
    connection.execute(SQLITE_TRIGGERS["one_driver_at_a_time"])
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.invalidate()  # its pragmas are not the site's


def _fill_postgresql(connection: Connection, scale: Scale, base: datetime) -> None:
    raw: psycopg.Connection[Any] = connection.connection.dbapi_connection  # type: ignore[assignment]
    raw.execute("SET statement_timeout = 0")
    raw.execute("SET maintenance_work_mem = '1GB'")
    (guard,) = raw.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one_driver_at_a_time'"
                           ).fetchone() or ("",)
    raw.execute("ALTER TABLE occupancies DROP CONSTRAINT one_driver_at_a_time")
    models = _models(connection)
    for name, columns in _COLUMNS.items():
        with raw.cursor() as cursor, cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
            for table, row in _rows(scale, models):
                if table == name:
                    copy.write_row(row)
    epoch = int(base.timestamp())
    raw.execute(
        f"INSERT INTO occupancies (car_id, starts_at, ends_at, kind) SELECT c.id, to_timestamp({epoch} + {_STARTS}), "  # noqa: S608
        f"to_timestamp({epoch} + {_ENDS}), 'trip' FROM (SELECT id::bigint FROM cars WHERE id >= {FIRST_ID}) c "
        f"CROSS JOIN generate_series(0::bigint, {BOOKINGS - 1}) b(k)")
    raw.execute(f"ALTER TABLE occupancies ADD CONSTRAINT one_driver_at_a_time {guard}")
    raw.commit()
    raw.autocommit = True
    raw.execute("VACUUM ANALYZE")
    connection.invalidate()


def _models(connection: Connection) -> dict[str, int]:
    return {car_class: model_id for model_id, car_class in connection.execute(text("SELECT id, car_class FROM car_models"))}
