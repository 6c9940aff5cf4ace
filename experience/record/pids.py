"""The random ids under which members and trips appear in events."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, look_up_once, transaction
from core.ids import random_id
from experience.record.models import Identity

# Built once: an event is written with every step of every member.
_INSERT_OR_LEAVE = {"postgresql": postgresql.insert(Identity.__table__).on_conflict_do_nothing(),
                    "sqlite": sqlite.insert(Identity.__table__).on_conflict_do_nothing()}
_PID = select(Identity.pid).where(Identity.kind == bindparam("kind"), Identity.ref == bindparam("ref"))


def pid_of(kind: str, ref: int) -> UUID:
    """The random id under which a member or trip appears in events; made on first use."""
    return look_up_once(("pid", kind, ref), lambda: _find_or_make_pid(kind, ref))


def _find_or_make_pid(kind: str, ref: int) -> UUID:
    found: UUID | None = db.session.scalar(_PID, {"kind": kind, "ref": ref})
    if found is not None:
        return found
    with transaction():  # somebody else may be first: then theirs counts
        db.session.execute(_INSERT_OR_LEAVE[db.engine.dialect.name], {"pid": random_id(), "kind": kind, "ref": ref})
        return db.session.scalars(_PID, {"kind": kind, "ref": ref}).one()
