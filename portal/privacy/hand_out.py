"""A person's rows as they are handed out: sealed words opened, secrets left out, and nobody else in them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, and_, select

from core.database import db
from core.personal import Held, Person
from core.sealed import Seal
from portal.privacy.whose import rows_of, table_of

Row = dict[str, Any]
NEVER = ("_hash", "_digest", "_key")  # how the names of columns end that open or find something
OURS = frozenset({"once", "leased_until", "fingerprint"})  # of our own machinery
SEALED, FOR_COLLEAGUES = "_sealed", "words_sealed"  # inside of facts; what a person was told is `told_sealed`
YOU, ANOTHER, ONE_OF_US, SOMEBODYS = "you", "another member", "one of our staff", "another member’s"


def handed_out(held: Held, person: Person, seal: Seal) -> list[Row]:
    """The rows of this table that are the person's, oldest first by their key; none where none are shown."""
    if held.shown is False:
        return []
    table = table_of(held)
    whose = rows_of(held, person, first=True)
    if callable(held.shown):
        whose = and_(whose, held.shown(table))
    columns = [column for column in table.columns if is_shown(column, held)]
    found = db.session.execute(select(*columns).where(whose).order_by(*table.primary_key)).all()
    return [{_name(column): _said(column, value, held, person, seal) for column, value in zip(columns, row, strict=True)}
            for row in found]


def is_shown(column: Column[Any], held: Held) -> bool:
    """Whether this column's values are handed out."""
    return not (column.name in held.secret or column.name in OURS or column.name.endswith(NEVER))


def _name(column: Column[Any]) -> str:
    return column.name.removesuffix(SEALED)


def _said(column: Column[Any], value: Any, held: Held, person: Person, seal: Seal) -> Any:
    if value is None:
        return None
    if column.name in held.others:
        return SOMEBODYS
    if column.name.endswith(SEALED) or column.name in held.sealed:
        return seal.read(value)
    for key in column.foreign_keys:
        if key.column.table.name == "members":
            return YOU if value == person.member_id else ANOTHER
        if key.column.table.name == "users":
            return YOU if value == person.user_id else ONE_OF_US
    return _opened(value, seal)


def _opened(value: Any, seal: Seal) -> Any:
    """Plain values; of sealed words inside of facts those are opened that were told to the person."""
    if isinstance(value, dict):
        return {name.removesuffix(SEALED): seal.read(each) if name.endswith(SEALED) else _opened(each, seal)
                for name, each in value.items() if name != FOR_COLLEAGUES}
    if isinstance(value, list):
        return [_opened(each, seal) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
