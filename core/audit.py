"""What staff changed: who, when, before and after, chained by hash so that an edited row is found."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, event, inspect, select, text
from sqlalchemy.orm import ColumnProperty, Mapped, Session, mapped_column

from core.database import UtcDateTime, before_commit, db, in_transaction
from core.time import wall_now

GENESIS = "0" * 64


class AuditRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One change by one member of staff. Append-only: the database refuses to change or delete it."""

    __tablename__ = "audit"
    __table_args__ = (CheckConstraint("length(hash) = 64", name="hash_is_sha256"), Index("ix_audit_object", "object"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int]
    actor: Mapped[str]
    why: Mapped[str]
    object: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who of the staff is acting, and on which page or command (`why`).

    Rows that nobody can change name them by their number, so that no address outlives who had it; `email` is written down only
    where there is no user (number 0: the console).
    """

    id: int
    email: str
    why: str


_acting: ContextVar[Staff | None] = ContextVar("acting_staff", default=None)


@contextmanager
def acting_staff(staff: Staff) -> Iterator[None]:
    """Everything written inside the block is done by this member of staff and leaves audit rows."""
    token = _acting.set(staff)
    try:
        yield
    finally:
        _acting.reset(token)


def act_as(staff: Staff | None) -> None:
    """Set who is acting for the rest of this request."""
    _acting.set(staff)


def who_acts() -> Staff | None:
    """The member of staff who is acting, if any."""
    return _acting.get()


def audit(what: str, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Record a change made without the ORM. Does nothing when no staff is acting; needs an open transaction."""
    staff = _acting.get()
    if staff is not None:
        _record(staff, what, before, after)


def _record(staff: Staff, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    before_commit(lambda: _append(staff, what, before, after))


def _append(staff: Staff, what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(7261646)"))  # one chain, one appender at a time
    db.session.flush()
    newest = db.session.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)) or GENESIS
    row = AuditRow(
        at=wall_now(), actor_id=staff.id, actor=f"user {staff.id}" if staff.id else staff.email, why=staff.why, object=what,
        before=_plain(before), after=_plain(after), previous_hash=newest,
    )
    row.hash = chain_hash(row)
    db.session.add(row)
    db.session.flush()


def chain_hash(row: AuditRow) -> str:
    """SHA-256 over the previous hash and everything the row says."""
    said = [row.previous_hash, row.at.isoformat(), row.actor_id, row.actor, row.why, row.object, row.before, row.after]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def broken_links() -> list[int]:
    """The ids of audit rows that no longer follow from the row before them; an empty list is a whole chain."""
    broken, previous = [], GENESIS
    for row in db.session.execute(select(AuditRow).order_by(AuditRow.id)).scalars():
        if row.previous_hash != previous or row.hash != chain_hash(row):
            broken.append(row.id)
        previous = row.hash
    return broken


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, int | float | bool | None) else str(value) for key, value in values.items()}


@event.listens_for(db.Model, "attribute_instrument")
def _keep_what_was(_class: Any, _key: str, attribute: Any) -> None:
    """Have each column's old value loaded when it is set, also when nobody had read it: it belongs in `before`."""
    if isinstance(getattr(attribute, "property", None), ColumnProperty):
        event.listen(attribute, "set", lambda *_: None, active_history=True)


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: Any) -> None:
    """Write down what a member of staff changed through the ORM. Columns with `info={'private': True}` are masked."""
    staff = _acting.get()
    if staff is None or not in_transaction():
        return
    for row in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(row, AuditRow) or row.__tablename__ in _UNAUDITED:
            continue
        before, after = _difference(row, deleted=row in session.deleted)
        if before or after:
            _record(staff, _name(row), before, after)


# Sign-in bookkeeping, the queue, the event log and who looked at a picture have trails of their own.
_UNAUDITED = {"sessions", "sign_in_failures", "outbox", "events", "identities", "picture_views", "tier_looks", "desk_looks"}


def _name(row: Any) -> str:
    state = inspect(row)
    keys = "/".join(str(getattr(row, column.key)) for column in state.mapper.primary_key)
    return f"{row.__tablename__}/{keys}"


def _difference(row: Any, *, deleted: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for column in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[column.key].history
        private = column.columns[0].info.get("private", False)
        if history.deleted or deleted:
            old = history.deleted[0] if history.deleted else getattr(row, column.key)
            before[column.key] = "(private)" if private else old
        if history.added and not deleted:
            after[column.key] = "(private)" if private else history.added[0]
    return before, after
