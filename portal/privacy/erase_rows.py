"""Erasing one holder's rows: emptied first, then deleted, from what points at others to what is pointed at."""

from typing import Any

from sqlalchemy import Table, delete, func, or_, select, update

from core.database import db, rows_changed
from core.personal import NOTHING, Because, Fate, Held, Holder, Person
from core.sealed import Seal
from portal.privacy.register import HOLDERS
from portal.privacy.whose import rows_of, table_of


def erase_rows(holder: Holder, person: Person, seal: Seal) -> int:
    """Within the open transaction. Returns how many rows were emptied or are gone; it bears being done again."""
    done = 0
    if holder.within is not None:
        holder.within(person, seal)
    for held in holder.tables:
        if held.fate is Fate.EMPTIED:
            values = {column: _value(value, person, seal) for column, value in held.empties.items()}
            done += _run(update(table_of(held)).where(rows_of(held, person)).values(values))
    for held in sorted((held for held in holder.tables if held.fate is Fate.GONE), key=_depth, reverse=True):
        done += _run(delete(table_of(held)).where(rows_of(held, person)))
    return done


def what_goes(person: Person) -> list[Holder]:
    """The holders that have something of theirs now which goes or is emptied: asked before anything is erased."""
    asked = {holder.name: or_(*(select(table_of(held)).where(rows_of(held, person)).exists()
                                for held in holder.tables if held.fate is not Fate.KEPT)) for holder in HOLDERS}
    found = db.session.execute(select(*(has.label(name) for name, has in asked.items()))).mappings().one()
    return [holder for holder in HOLDERS if found[holder.name]]


def what_stays(person: Person) -> dict[Because, int]:
    """How many rows stay, by why: asked before anything is erased."""
    stays: dict[Because, int] = {}
    for held in (held for holder in HOLDERS for held in holder.tables if held.fate is not Fate.GONE):
        assert held.because is not None  # tests/portal/privacy/test_register.py
        found = db.session.scalar(select(func.count()).select_from(table_of(held)).where(rows_of(held, person))) or 0
        stays[held.because] = stays.get(held.because, 0) + found
    return {because: count for because, count in stays.items() if count}


def _run(statement: Any) -> int:
    return rows_changed(statement.execution_options(synchronize_session=False))


def _value(value: Any, person: Person, seal: Seal) -> Any:
    if value is NOTHING:
        return seal.close("")
    return value(person) if callable(value) else value


def _depth(held: Held) -> int:
    """Where it stands in the order in which tables would be made: what points at it comes later."""
    return ORDER[held.table]


def _order() -> dict[str, int]:
    tables: list[Table] = db.metadata.sorted_tables
    return {table.name: number for number, table in enumerate(tables)}


ORDER = _order()
