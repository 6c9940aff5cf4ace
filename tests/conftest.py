"""What tests share: a migrated database of each kind, the app on it, and clients who are signed in."""

import gc
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Dialect, Engine, create_engine, event, make_url, text
from xdist.scheduler import LoadScopeScheduling

import config
from core.database import db, engine_options
from core.files import DiskFiles
from core.time import now, service_clock
from fleet.import_csv import import_city
from portal.app import create_app
from portal.billing.stripe.build import embedded_over
from portal.billing.stripe.embedded.memory import MemoryStore
from portal.messages.mail import MaildirMail
from portal.messages.push import EmbeddedPush
from portal.messages.sms import EmbeddedPhone
from portal.web.limits import limiter
from tests.databases import LentDatabase, PostgresServer, make_postgres
from tests.factories import Clock, People
from tests.shared import made_once

WEBHOOK_SECRET = "whsec_testing"
DATABASES = ("sqlite", "postgresql")
SOAK = bool(os.environ.get("SOAK"))  # the long tests too


def pytest_configure(config: pytest.Config) -> None:
    # Speed is measured by benchmarks, never by a test. The quick run draws the same each time; `make soak` draws anew.
    hypothesis.settings.register_profile("house", deadline=None, derandomize=not SOAK)
    hypothesis.settings.load_profile("house")
    config.addinivalue_line("markers", "one_database: the databases cannot differ in it, so SQLite alone will do")
    config.addinivalue_line("markers", "long: a file that takes many seconds, so it begins first")
    config.addinivalue_line("markers", "check(word): a check of docs/checks.md, which `-k word` finds")


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-k idor` runs every test that bears the word of this check, wherever it stands."""
    for mark in item.iter_markers("check"):
        item.extra_keyword_matches.update(mark.args)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the databases cannot differ in runs on SQLite alone. Long files begin first."""
    items[:] = [item for item in items if not (item.get_closest_marker("one_database") and _on_postgresql(item))]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the search for garbage passes it over, and comes less often (a fourteenth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


class _OneTrack(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests run in one process, as always, and all races in one too: they share what takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/races" if nodeid.startswith("tests/races/") else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """With `--dist loadscope`, as `make test` has it."""
    return _OneTrack(config, log) if config.getvalue("dist") == "loadscope" else None


def _on_postgresql(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)  # a test without parameters has none
    return called is not None and called.params.get("database_url") == "postgresql"


@pytest.fixture(scope="module", autouse=True)
def _no_site_is_left_open() -> None:
    """A context that another file's fixture had kept open would be the site of whatever asks for one here."""
    assert not has_app_context()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def postgres(testrun_uid: str, worker_id: str) -> Iterator[PostgresServer]:
    """A real PostgreSQL with a template to copy: `TEST_DATABASE_URL`'s, or one started for this run."""
    with make_postgres(testrun_uid, worker_id) as server:
        server.make_template(lambda address, home: _migrate_and_fill(settings_for(home, address)))
        yield server


@pytest.fixture(scope="session")
def lent_database(postgres: PostgresServer) -> Iterator[LentDatabase]:
    """The PostgreSQL database that this process's tests use in turn."""
    lent = LentDatabase(postgres)
    yield lent
    lent.drop()


@pytest.fixture(scope="session")
def migrated(run_folder: Path) -> Path:
    """An SQLite database at the newest migration, with the city in it: tests copy it."""
    return made_once(run_folder, "migrated", lambda home: _migrate_and_fill(settings_for(home, ""))) / "roundtrip.sqlite"


def settings_for(home: Path, database_url: str, **more: Any) -> dict[str, Any]:
    """The settings of a test's own site."""
    return config.load({"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": database_url}) | more


def _migrate_and_fill(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        import_city(config.ROOT / "cities" / "chicago", seal=app.extensions["adapters"].seal.close)
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()


@contextmanager
def fresh_database(request: pytest.FixtureRequest, kind: str, home: Path) -> Iterator[str]:
    """A copy of the migrated database: its address, or "" for the SQLite file in `home`."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), home / "roundtrip.sqlite")
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t_{uuid4().hex[:12]}"
    yield server.copy_template(name)
    server.drop(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database with the city in it, of each kind in turn."""
    if request.param == "postgresql":
        lent: LentDatabase = request.getfixturevalue("lent_database")
        yield lent.lend()
        lent.put_back()
        return
    with fresh_database(request, request.param, tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app that `site` gives a new database, configuration and mailbox for each test: building it takes longer."""
    return create_app(settings_for(tmp_path_factory.mktemp("shared"), ""))


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """One engine for each kind of database, by its scheme: what it compiled for one test it knows in the next."""
    return {}


def _engine_at(engines: dict[str, Engine], address: str) -> Engine:
    """The engine of this kind of database, led to this address."""
    url = make_url(address)
    if url.drivername not in engines:
        engine = engines[url.drivername] = create_engine(url, **engine_options(address))

        @event.listens_for(engine, "do_connect")
        def _connect_to_its_url(dialect: Dialect, _record: Any, args: list[Any], options: dict[str, Any]) -> None:
            args[:], there = dialect.create_connect_args(engine.url)
            options.update(there)

    engines[url.drivername].url = url
    return engines[url.drivername]


@pytest.fixture
def site(shared_app: Flask, engines: dict[str, Engine], database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The app with no context open: for clients, which open their own."""
    app, before = shared_app, (dict(shared_app.config), dict(shared_app.extensions))
    app.config.update(settings_for(tmp_path, database_url))
    processor = embedded_over(MemoryStore(), clock=now, webhook_secret=WEBHOOK_SECRET, checkout_base=app.config["SITE_URL"],
                              disorder=False)
    app.extensions["adapters"] = replace(app.extensions["adapters"], mail=MaildirMail(tmp_path / "mail"),
                                         push=EmbeddedPush(tmp_path / "push"), sms=EmbeddedPhone(tmp_path / "phone"),
                                         payments=processor.payments, stripe=processor.embedded,
                                         files=DiskFiles(tmp_path / "files"))
    with app.app_context():
        db.engines[None] = _engine_at(engines, app.config["SQLALCHEMY_DATABASE_URI"])
    yield app
    app.extensions["page_views"].flush()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.config.clear()
    app.config.update(before[0])
    app.extensions.clear()
    app.extensions.update(before[1])


@pytest.fixture
def limited_site(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An app that counts requests, of its own: the limits are one object for all apps, so they are put back afterwards."""
    app = create_app(settings_for(tmp_path, database_url, RATELIMIT_ENABLED=True))
    limiter.reset()
    yield app
    app.extensions["page_views"].flush()
    limiter.reset()
    limiter.enabled = False
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(site: Flask) -> Iterator[Flask]:
    """The app with its context open: for use cases and queries."""
    with site.app_context():
        yield site


@pytest.fixture
def people(app: Flask) -> People:
    """Makes members and staff."""
    return People()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The service's clock: it stands at noon until the test moves it."""
    standing = Clock()
    with service_clock(standing):
        yield standing


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return site.test_client()


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
