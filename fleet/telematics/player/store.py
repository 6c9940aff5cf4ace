"""Where the player writes its cars down, so that a restart keeps odometers, tanks and acks."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from fleet.telematics.player.cars import ACKS_KEPT, Garage, Unit
from fleet.telematics.port import Ack, Action

SCHEMA = """
CREATE TABLE IF NOT EXISTS car_units (unit TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS car_acks (
    once TEXT PRIMARY KEY, unit TEXT NOT NULL, action TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS car_acks_by_age ON car_acks (at);
"""
KEEP_UNIT = "INSERT OR REPLACE INTO car_units VALUES (?, ?)"
KEEP_ACK = "INSERT INTO car_acks VALUES (?, ?, ?, ?)"


class Store:
    """The player's tables in the SQLite file of the embedded services; it leaves the other tables alone."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._db = sqlite3.connect(path, timeout=8, isolation_level="IMMEDIATE", check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def load(self) -> Garage:
        """The cars as they were left, in a garage that writes every change down here."""
        with self._lock:
            documents = self._db.execute("SELECT document FROM car_units").fetchall()
            rows = self._db.execute("SELECT unit, action, once, at FROM car_acks").fetchall()
        units = [Unit.from_json(json.loads(document)) for (document,) in documents]
        acks = [
            Ack(unit, Action(word), once, datetime.fromtimestamp(at, UTC)) for unit, word, once, at in rows
        ]
        return Garage(units, acks, keep=self.keep)

    def keep(self, units: Sequence[Unit], ack: Ack | None) -> None:
        """Write changed cars and a new ack down, all or nothing, and forget acks that are too old."""
        with self._lock, self._db:
            self._db.executemany(KEEP_UNIT, map(_unit_row, units))
            if ack is not None:
                self._db.execute("DELETE FROM car_acks WHERE at < ?", [(ack.at - ACKS_KEPT).timestamp()])
                self._db.execute(KEEP_ACK, _ack_row(ack))

    def save_garage(self, garage: Garage) -> None:
        """Let the file hold these cars and no others, all or nothing; only while no player runs on it."""
        units, acks = garage.snapshot()
        with self._lock, self._db:
            self._db.execute("DELETE FROM car_units")
            self._db.execute("DELETE FROM car_acks")
            self._db.executemany(KEEP_UNIT, map(_unit_row, units))
            self._db.executemany(KEEP_ACK, map(_ack_row, acks))

    def close(self) -> None:
        """Let go of the file once what is being written is written."""
        with self._lock:
            self._db.close()


def _unit_row(car: Unit) -> tuple[str, str]:
    return car.setup.unit, json.dumps(car.as_json(), separators=(",", ":"))


def _ack_row(ack: Ack) -> tuple[str, str, str, float]:
    return ack.once, ack.unit, ack.action, ack.at.timestamp()
