"""Cars by the thousand or the million, with their bookings to come: the same for the same seed, on both databases.

They stand around the middle of the bundled city. A region has as many cars to the square kilometre however many there are,
so that it grows in area like a service that grows by cities; the metro area has them all on a square of 30 km. In the rush
all of its cars are booked at the same hours; in `past` each car also has two thousand bookings that are over.

Only lots are rolled and sent: everything else the database makes of them by arithmetic, without its guards and indexes.
"""

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from core.database import db
from fleet.cars.models import CarClass

LOOP = (41.8827, -87.6278)  # State & Madison
SEED = 7
CARS_A_LOT = 10
BOOKINGS = 20  # to come, for each car
PAST = 2000  # that are over, for each car of the scale that has any
APART = 67  # quarter-hours from the start of one booking to the next of a car, less at most 24 and more at most 24
PER_KM2, METRO_KM = 6.0, 30.0
FIRST_ID = 1_000_000  # above every id of the bundled city
QUARTER = 900


@dataclass(frozen=True, slots=True)
class Scale:
    """How many cars stand on a square of which size, and how they are booked."""

    name: str
    cars: int
    kilometres: float
    rush: bool = False  # every car at the same hours
    past: int = 0  # bookings of each car that are over

    @property
    def only_read(self) -> bool:
        """Has so many bookings that PostgreSQL would build its guard over them for a quarter of an hour."""
        return self.cars * (self.past + BOOKINGS) > 5_000_000

    def somewhere(self, dice: random.Random) -> tuple[float, float]:
        """A place in the square."""
        half = self.kilometres / 2
        return at_kilometres(dice.uniform(-half, half), dice.uniform(-half, half))


def _region(name: str, cars: int, past: int = 0) -> Scale:
    return Scale(name, cars, math.sqrt(cars / PER_KM2), past=past)


SCALES = {scale.name: scale for scale in (
    _region("tiny", 300), _region("1k", 1000), _region("10k", 10_000), _region("100k", 100_000), _region("1M", 1_000_000),
    _region("past", 10_000, PAST), Scale("metro", 100_000, METRO_KM), Scale("rush", 100_000, METRO_KM, rush=True))}


def at_kilometres(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude so far from the middle."""
    lat = LOOP[0] + north / 111.1
    return lat, LOOP[1] + east / (111.3 * math.cos(math.radians(LOOP[0])))


def fill(scale: Scale, base: datetime) -> None:
    """Write the cars of the scale and their bookings from `base` on into a migrated database with the city in it."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with _bare_sqlite(connection):
                _write(connection, scale, base, "(SELECT said FROM moments WHERE quarter = {})")
        else:
            with _bare_postgresql(connection, guarded=not scale.only_read):
                _write(connection, scale, base, f"to_timestamp({base.timestamp():.0f} + {QUARTER} * ({{}}))")
        connection.invalidate()  # its settings are not the site's


_LOT = """INSERT INTO lots (id, slug, name, address, neighbourhood, lat, lng, access, how_to_get_in, landmark, street, timezone,
                            turnaround_minutes)
          VALUES (:id, :said, :said, :said, 'Bench', :lat, :lng, 'street', '', '', '', 'America/Chicago', 0)"""
_NUMBERS = "WITH RECURSIVE b(k) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT k + 1 FROM b WHERE k < {})"
_BAYS = f"""{_NUMBERS.format(CARS_A_LOT - 1)}
    INSERT INTO bays (id, lot_id, number, level, lat, lng, charger)
    SELECT (l.id - {FIRST_ID}) * {CARS_A_LOT} + b.k + {FIRST_ID}, l.id, b.k + 1, 'street', l.lat + b.k * 3e-5,
           l.lng + ((l.id * 7 + b.k) * 7919 % 1001 - 500) * 1e-6, false
    FROM lots l CROSS JOIN b WHERE l.id >= {FIRST_ID}"""  # noqa: S608 - all of it is ours
_CARS = f"""
    INSERT INTO cars (id, slug, name, plate, vin, year, colour, paint, model_id, car_class, lot_id, bay_id, lat, lng, state,
                      features, launch_odometer, launch_energy)
    SELECT y.id, 'car-' || y.id, 'Car ' || y.id, 'B ' || y.id, 'BENCH' || y.id, 2025, 'Blue', 'blue', m.model_id, m.car_class,
           y.lot_id, y.id, y.lat, y.lng, 'available', 'bike-rack carplay', 100.0, 80
    FROM bays y CROSS JOIN (SELECT row_number() OVER (ORDER BY car_class) - 1 AS place, car_class, min(id) AS model_id
                            FROM car_models GROUP BY car_class) m
    WHERE y.id >= {FIRST_ID} AND m.place = CAST(y.id AS bigint) * 48271 % 65537 % {len(CarClass)}"""  # noqa: S608 - ours


def _write(connection: Connection, scale: Scale, base: datetime, moment: str) -> None:
    """Lots, bays, cars and bookings; `moment` makes a time of quarter-hours since the base."""
    connection.execute(text(_LOT), list(_lots(scale)))
    connection.execute(text(_BAYS))
    connection.execute(text(_CARS))
    if connection.dialect.name == "sqlite":
        connection.execute(text("CREATE TEMP TABLE moments (quarter INTEGER PRIMARY KEY, said TEXT)"))
        connection.execute(text(_moments(scale, base)))
    connection.execute(text(_occupancies(scale, moment)))


def _lots(scale: Scale) -> Iterator[dict[str, Any]]:
    dice = random.Random(SEED)  # noqa: S311 - a made-up city
    for lot in range(FIRST_ID, FIRST_ID + scale.cars // CARS_A_LOT):
        lat, lng = scale.somewhere(dice)
        yield {"id": lot, "said": f"lot-{lot}", "lat": lat, "lng": lng}


def _moments(scale: Scale, base: datetime) -> str:
    """Every quarter-hour as SQLite keeps it: making the words forty million times takes minutes."""
    first, last = -APART * scale.past, APART * (BOOKINGS + 2)
    return f"""
        INSERT INTO moments WITH RECURSIVE b(k) AS (SELECT {first} UNION ALL SELECT k + 1 FROM b WHERE k < {last})
        SELECT k, strftime('%Y-%m-%d %H:%M:%f000', {base.timestamp():.0f} + k * {QUARTER}, 'unixepoch') FROM b"""  # noqa: S608 - ours


def _occupancies(scale: Scale, moment: str) -> str:
    """A booking every 16 hours and three quarters, shaken by up to six hours and begun elsewhere in its round by each car
    (outside of the rush), two to eight hours and a quarter long: about half of the cars are free for three hours at any time.
    """
    begun = 0 if scale.rush else f"c.id * 31 % {APART}"
    starts = f"(b.k - {scale.past}) * {APART} + (c.id * 7919 + b.k * 104729) % 24 + {begun}"
    ends = f"{starts} + 8 + (c.id * 6271 + b.k * 15485863) % 26"
    return f"""{_NUMBERS.format(scale.past + BOOKINGS - 1)}
        INSERT INTO occupancies (car_id, starts_at, ends_at, kind)
        SELECT c.id, {moment.format(starts)}, {moment.format(ends)}, 'trip'
        FROM (SELECT CAST(id AS bigint) AS id FROM cars WHERE id >= {FIRST_ID}) c CROSS JOIN b"""  # noqa: S608 - ours


@contextmanager
def _bare_sqlite(connection: Connection) -> Iterator[None]:
    """Without a journal and what each row would be looked up for; afterwards all of it stands again."""
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-400000", "foreign_keys=OFF",
                   "ignore_check_constraints=ON"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    made = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (name = 'one_driver_at_a_time' OR "
        "type = 'index' AND tbl_name IN ('bays', 'cars', 'occupancies'))").all()
    connection.exec_driver_sql("BEGIN")
    for kind, name, _ in made:
        connection.exec_driver_sql(f"DROP {kind} {name}")
    yield
    for _, _, statement in made:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA analysis_limit=100000")
    connection.exec_driver_sql("ANALYZE")


@contextmanager
def _bare_postgresql(connection: Connection, *, guarded: bool) -> Iterator[None]:
    """Without looking up what rows refer to; the indexes, and the guard where it is wanted, are built when rows are there."""
    raw: psycopg.Connection[Any] = connection.connection.dbapi_connection  # type: ignore[assignment]
    for setting in ("statement_timeout = 0", "maintenance_work_mem = '1GB'", "session_replication_role = replica"):
        raw.execute(f"SET {setting}".encode())
    (guard,) = raw.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one_driver_at_a_time'"
                           ).fetchone() or ("",)
    made = raw.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('bays', 'cars', 'occupancies') "
                       "AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexdef NOT LIKE '%UNIQUE%'").fetchall()
    raw.execute("ALTER TABLE occupancies DROP CONSTRAINT one_driver_at_a_time")
    for name, _ in made:
        raw.execute(f"DROP INDEX {name}".encode())
    yield
    for _, statement in made:
        raw.execute(statement.encode())
    if guarded:
        raw.execute(f"ALTER TABLE occupancies ADD CONSTRAINT one_driver_at_a_time {guard}".encode())
    raw.commit()
    raw.autocommit = True
    raw.execute("VACUUM ANALYZE")
