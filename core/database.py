"""The database: one `db`, aware-UTC columns, and `transaction()`, the only place that writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Dialect, Engine, Executable, MetaData, TypeDecorator, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Session as OrmSession

from core.lock_file import lock_file, locked


class Base(DeclarativeBase):
    """Every table's base: names its keys and indexes, so that migrations and error messages can."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


log = structlog.get_logger()

# What was loaded stays readable after a commit; the next transaction() loads it again before deciding anything.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive datetimes; SQLite gives back aware ones too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: give it a zone")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def engine_options(url: str) -> dict[str, Any]:
    """How the engine for this address is set up (the reasons stand in docs/database.md)."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"isolation_level": "AUTOCOMMIT", "hide_parameters": True, "connect_args": {"timeout": 5.0}}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 8,
        "connect_args": {"options": "-c timezone=UTC -c lock_timeout=5000 -c statement_timeout=15000"},
    }


@event.listens_for(Engine, "connect")
def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """WAL, foreign keys, and an fsync for every commit: bookings and money must survive a power cut."""
    if type(connection).__module__.startswith("sqlite3"):
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@dataclass
class _Open:
    """The transaction that is open in this context, and what is to run around its end."""

    before_commit: list[Callable[[], None]] = field(default_factory=list)
    after_end: list[Callable[[], None]] = field(default_factory=list)
    looked_up: dict[Any, Any] = field(default_factory=dict)
    together: dict[Any, list[Any]] = field(default_factory=dict)


_open: ContextVar[_Open | None] = ContextVar("open_transaction", default=None)


class WouldBeForgotten(RuntimeError):
    """Rows from before a savepoint were to be written inside it; rolled back alone, it would take them with it."""


class ChangedOutsideTransaction(RuntimeError):
    """Rows were changed before `transaction()` was opened; they would be lost."""


def in_transaction() -> bool:
    """Whether a transaction is open here."""
    return _open.get() is not None


def before_commit(callback: Callable[[], None]) -> None:
    """Run `callback` inside the open transaction, just before its COMMIT. Raises LookupError when none is open."""
    _current().before_commit.append(callback)


def after_end(callback: Callable[[], None]) -> None:
    """Run `callback` once the open transaction has committed or rolled back. Raises LookupError when none is open."""
    _current().after_end.append(callback)


def when_over(callback: Callable[[], None]) -> None:
    """Run `callback` once the open transaction has committed or rolled back; at once when none is open."""
    if in_transaction():
        after_end(callback)
    else:
        callback()


T = TypeVar("T")


def write_together(write: Callable[[list[T]], None], row: T) -> None:
    """Hand `row` to `write` just before COMMIT, with the other rows this transaction has for it: one statement for all.

    Until then nobody reads it, unless `write_now()` is asked. In a savepoint it is written at once, because that may be
    rolled back alone. Raises LookupError when no transaction is open.
    """
    rows = _current().together
    if db.session().in_nested_transaction():
        write([row])
        return
    if write not in rows:
        rows[write] = []
        before_commit(lambda: write_now(write))
    rows[write].append(row)


def write_now(write: Callable[[list[T]], None]) -> None:
    """Hand `write` what waits for it in the open transaction, before somebody reads it there; nothing when nothing does.

    Raises WouldBeForgotten in a savepoint, when something waits from before it: call it before the savepoint begins.
    """
    current = _open.get()
    if current is None or not current.together.get(write):
        return
    if db.session().in_nested_transaction():
        raise WouldBeForgotten("rows wait from before this savepoint: write_now() before it begins")
    write(current.together.pop(write))


def look_up_once(key: Any, look: Callable[[], T]) -> T:
    """What `look` finds, asked once per transaction or `reading()`; outside of both it is asked each time.

    For what does not change within a transaction (rates, policies, who is behind an id). A rollback forgets it.
    """
    current = _open.get()
    known = current.looked_up if current is not None else _looked_up.get()
    if known is None:
        return look()
    if key not in known:
        known[key] = look()
    found: T = known[key]
    return found


_looked_up: ContextVar[dict[Any, Any] | None] = ContextVar("looked_up", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Inside the block `look_up_once()` asks once, like in a transaction: for a page that shows what is so at one moment.
    A transaction in it looks for itself.
    """
    token = _looked_up.set({})
    try:
        yield
    finally:
        _looked_up.reset(token)


_hooks: ContextVar[tuple[Callable[[], None], ...]] = ContextVar("commit_hooks", default=())


@contextmanager
def at_commit(callback: Callable[[], None]) -> Iterator[None]:
    """Run `callback` inside each transaction that the block opens, just before its COMMIT."""
    token = _hooks.set((*_hooks.get(), callback))
    try:
        yield
    finally:
        _hooks.reset(token)


def _current() -> _Open:
    current = _open.get()
    if current is None:
        raise LookupError("no transaction is open here")
    return current


@contextmanager
def transaction() -> Iterator[None]:
    """All or nothing: the block's writes, the steps it observed and its messages, in one COMMIT.

    A block inside another joins it. What was loaded before is loaded again, so decisions rest on fresh rows.
    On SQLite writers queue at a lock file, because its own busy loop keeps an unlucky one waiting for seconds.
    """
    if _open.get() is not None:
        yield
        return
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise ChangedOutsideTransaction("rows were changed before transaction(): move the change inside")
    session.rollback()
    session.expire_all()
    current = _Open()
    token = _open.set(current)
    try:
        with _writer():
            try:
                _begin(session())
                yield
                _run_before_commit(session(), current)
                session.commit()
            except BaseException:
                session.rollback()
                raise
    finally:
        _open.reset(token)
        _run_after_end(current)


def _run_before_commit(session: OrmSession, current: _Open) -> None:
    """Run what is due before COMMIT. Changes are flushed first, because a flush may register more (the audit does)."""
    session.flush()
    for callback in _hooks.get():
        callback()
    session.flush()
    while current.before_commit:
        current.before_commit.pop(0)()
        session.flush()


def _run_after_end(current: _Open) -> None:
    """Run all that is due after the end. One that fails is logged: it keeps neither the others nor the outcome back."""
    for callback in current.after_end:
        try:
            callback()
        except Exception:  # whatever it is: the transaction is over, and the next one must still be written down
            log.exception("what was due after a transaction failed")


def take_turns(matter: str) -> None:
    """Have whoever decides on the same matter (as "help of 7") wait here until the open transaction ends, then look.

    For what is looked for and then written, where there is no row to lock yet. SQLite has one writer anyway.
    Raises LookupError when no transaction is open.
    """
    _current()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:matter, 0))"), {"matter": matter})


def rows_changed(statement: Executable) -> int:
    """Carry out an INSERT, UPDATE or DELETE within the open transaction; how many rows it changed."""
    return int(cast("CursorResult[Any]", db.session.execute(statement)).rowcount)


def hold_nothing_open() -> None:
    """Give the connection back before asking the outside, which may take seconds. Changes nothing inside a
    transaction: whoever opened it knows that the outside answers at once.
    """
    if not in_transaction():
        db.session.rollback()


def _begin(session: OrmSession) -> None:
    if session.get_bind().dialect.name == "sqlite":
        connection = session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _writer() -> Iterator[None]:
    """Queue for SQLite's one writer, from before BEGIN until past COMMIT. Other databases queue by row."""
    path = lock_file(str(db.engine.url.render_as_string(hide_password=False)))
    if path is None:
        yield
        return
    with locked(path):
        yield
