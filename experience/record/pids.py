"""The random ids under which members and trips appear in events."""

from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, look_up_once, transaction
from core.ids import random_id
from experience.record.models import Identity

# Built once: an event is written with every step of every member.
_identities: Table = Identity.__table__
_PID = _identities.c.pid
_FIND = select(_PID).where(_identities.c.kind == bindparam("kind"), _identities.c.ref == bindparam("ref"))
_MAKE = {"postgresql": postgresql.insert(_identities).on_conflict_do_nothing().returning(_PID),
         "sqlite": sqlite.insert(_identities).on_conflict_do_nothing().returning(_PID)}


def pid_of(kind: str, ref: int, *, just_made: bool = False) -> UUID:
    """The random id under which a member or trip appears in events; made on first use. Of what was `just_made` there
    will hardly be one."""
    return look_up_once(("pid", kind, ref), lambda: (None if just_made else _find(kind, ref)) or _make(kind, ref))


def _find(kind: str, ref: int) -> UUID | None:
    found: UUID | None = db.session.scalar(_FIND, {"kind": kind, "ref": ref})
    return found


def _make(kind: str, ref: int) -> UUID:
    """Somebody else may be first: then theirs counts."""
    with transaction():
        mine: UUID | None = db.session.scalar(_MAKE[db.engine.dialect.name], {"pid": random_id(), "kind": kind, "ref": ref})
        return mine or db.session.scalars(_FIND, {"kind": kind, "ref": ref}).one()
