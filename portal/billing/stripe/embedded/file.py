"""The store in an SQLite file: web processes and the worker share it, one request at a time."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from portal.billing.stripe.embedded.refusals import StripeRefusal
from portal.billing.stripe.embedded.store import END, START, Answer, Delivery, Obj, Place, Timer, about

PATIENCE_SECONDS = 8
DUMP = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
TABLES = ("stripe_objects", "stripe_timers", "stripe_answers", "stripe_deliveries", "stripe_drawn")
SCHEMA = """
CREATE TABLE IF NOT EXISTS stripe_objects (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
    customer TEXT, about TEXT, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS stripe_by_kind ON stripe_objects (kind, created, number);
CREATE INDEX IF NOT EXISTS stripe_by_customer ON stripe_objects (customer, kind, created, number) WHERE customer IS NOT NULL;
CREATE INDEX IF NOT EXISTS stripe_by_about ON stripe_objects (about, kind, created, number) WHERE about IS NOT NULL;
CREATE TABLE IF NOT EXISTS stripe_timers (
    number INTEGER PRIMARY KEY, due INTEGER NOT NULL, what TEXT NOT NULL, about TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS stripe_timers_by_due ON stripe_timers (due, number);
CREATE TABLE IF NOT EXISTS stripe_answers (
    key TEXT PRIMARY KEY, asked TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS stripe_answers_by_age ON stripe_answers (at);
CREATE TABLE IF NOT EXISTS stripe_deliveries (
    number INTEGER PRIMARY KEY, event TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS stripe_deliveries_by_due ON stripe_deliveries (due, number);
CREATE INDEX IF NOT EXISTS stripe_deliveries_by_event ON stripe_deliveries (event, due, number);
CREATE TABLE IF NOT EXISTS stripe_drawn (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER NOT NULL);
INSERT OR IGNORE INTO stripe_drawn VALUES (1, 0);
"""
PUT = """
INSERT INTO stripe_objects (id, kind, created, customer, about, document) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, document = excluded.document
"""
SCAN = "SELECT document FROM stripe_objects WHERE {by} kind = ? AND (created, number) >= (?, ?) AND (created, number) < (?, ?)"
NEWEST, OLDEST = " ORDER BY created DESC, number DESC", " ORDER BY created, number"
SCANS = {
    (by, oldest): SCAN.format(by=f"{by} = ? AND" if by else "") + (OLDEST if oldest else NEWEST)
    for by in ("", "customer", "about") for oldest in (False, True)
}


class FileStore:
    """Stripe's tables in the SQLite file of the embedded services; it leaves the other tables alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0

    @property
    def _db(self) -> sqlite3.Connection:
        """A connection of this process: one does not survive a fork."""
        if self._connection is None or self._process != os.getpid():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript("BEGIN IMMEDIATE;" + SCHEMA + "COMMIT;")
            self._connection, self._process = db, os.getpid()
        return self._connection

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
                raise StripeRefusal(429, "invalid_request_error", "This object cannot be accessed right now because another "
                                    "API request or Stripe process is currently accessing it.", code="lock_timeout") from busy
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _one(self, statement: str, *values: Any) -> Any:
        return self._db.execute(statement, values).fetchone()

    def draw(self) -> int:
        return int(self._one("UPDATE stripe_drawn SET last = last + 1 RETURNING last")[0])

    # Objects.

    def get(self, object_id: str) -> Obj | None:
        row = self._one("SELECT document FROM stripe_objects WHERE id = ?", object_id)
        return json.loads(row[0]) if row else None

    def put(self, obj: Obj) -> None:
        document = DUMP(obj)
        self._db.execute(PUT, (obj["id"], obj["object"], obj.get("created", 0), obj.get("customer"), about(obj), document))

    def place(self, object_id: str) -> Place | None:
        row = self._one("SELECT created, number FROM stripe_objects WHERE id = ?", object_id)
        return (row[0], row[1]) if row else None

    def scan(self, kind: str, *, by: tuple[str, str] | None = None, start: Place = START, end: Place = END,
             oldest_first: bool = False) -> Iterator[Obj]:
        name, value = by or ("", None)
        values = (value, kind, *start, *end) if by else (kind, *start, *end)
        for (document,) in self._db.execute(SCANS[name, oldest_first], values):
            yield json.loads(document)

    def forget_events(self, before: int) -> None:
        self._db.execute("DELETE FROM stripe_objects WHERE kind = 'event' AND created < ?", (before,))

    # Timers and answers.

    def add_timer(self, timer: Timer) -> None:
        self._db.execute("INSERT INTO stripe_timers (due, what, about) VALUES (?, ?, ?)", (timer.due, timer.what, timer.about))

    def pop_timer(self, now: int) -> Timer | None:
        row = self._one("SELECT number, due, what, about FROM stripe_timers WHERE due <= ? ORDER BY due, number LIMIT 1", now)
        if row is None:
            return None
        self._db.execute("DELETE FROM stripe_timers WHERE number = ?", row[:1])
        return Timer(*row[1:])

    def answer(self, key: str) -> Answer | None:
        row = self._one("SELECT asked, status, body, at FROM stripe_answers WHERE key = ?", key)
        return Answer(*row) if row else None

    def keep_answer(self, key: str, answer: Answer, forget_before: int) -> None:
        self._db.execute("DELETE FROM stripe_answers WHERE at < ?", (forget_before,))
        self._db.execute("INSERT OR REPLACE INTO stripe_answers VALUES (?, ?, ?, ?, ?)",
                         (key, answer.asked, answer.status, answer.body, answer.at))

    def forget_answers(self, naming: str) -> None:
        self._db.execute("DELETE FROM stripe_answers WHERE instr(body, ?) > 0", (naming,))

    # Deliveries.

    def add_delivery(self, event: str, due: float, tries: int = 0) -> None:
        self._db.execute("INSERT INTO stripe_deliveries (event, due, tries) VALUES (?, ?, ?)", (event, due, tries))

    def due_deliveries(self, now: float, limit: int) -> list[Delivery]:
        rows = self._db.execute("SELECT number, event, due, tries FROM stripe_deliveries WHERE due <= ? "
                                "ORDER BY due, number LIMIT ?", (now, limit))
        return [Delivery(*row) for row in rows]

    def delivery_of(self, event: str) -> Delivery | None:
        row = self._one("SELECT number, event, due, tries FROM stripe_deliveries WHERE event = ? ORDER BY due, number LIMIT 1",
                        event)
        return Delivery(*row) if row else None

    def drop_delivery(self, number: int) -> None:
        self._db.execute("DELETE FROM stripe_deliveries WHERE number = ?", (number,))

    def drop_deliveries(self) -> None:
        self._db.execute("DELETE FROM stripe_deliveries")

    # A city that was built in memory.

    def forget_everything(self, drawn: int) -> None:
        """Empty all tables; ids go on after `drawn`."""
        for table in TABLES:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        self._db.execute("INSERT INTO stripe_drawn VALUES (1, ?)", (drawn,))
