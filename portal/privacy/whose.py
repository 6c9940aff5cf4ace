"""Which rows of a table are about a person: by the columns that the register names, from table to table."""

from flask import current_app
from sqlalchemy import ColumnElement, Table, and_, or_, select

from core.database import db
from core.personal import NO_MEMBER, Held, Person
from portal.account.models import User
from portal.help.door import door_of
from portal.privacy.register import TABLES


def person_of(user: User) -> Person:
    """Who it is, as the rooms look for them; a member or not."""
    member_id = user.member.id if user.member is not None else NO_MEMBER
    return Person(user.id, member_id, user.email, user.name, door_of(current_app.config).hash_of(user.email))


def table_of(held: Held) -> Table:
    return db.metadata.tables[held.table]


def rows_of(held: Held, person: Person, *, first: bool = False) -> ColumnElement[bool]:
    """The condition for the person's rows; `first`: by the first column alone, so that they are nobody else's too."""
    table = table_of(held)
    if callable(held.by):
        found: ColumnElement[bool] = held.by(person)
    else:
        found = or_(*(_leads_to(table, column, person) for column in (held.by[:1] if first else held.by)))
    return and_(found, held.only(table)) if held.only is not None else found


def _leads_to(table: Table, column: str, person: Person) -> ColumnElement[bool]:
    if table.name == "users":
        return table.c[column] == person.user_id
    if table.name == "members":
        return table.c[column] == person.member_id
    (key,) = table.c[column].foreign_keys
    parent = key.column.table
    if parent.name == "users":
        return table.c[column] == person.user_id
    if parent.name == "members":
        return table.c[column] == person.member_id
    whole = or_(*(rows_of(held, person, first=True) for held in TABLES[parent.name]))
    return table.c[column].in_(select(key.column).where(whole))
