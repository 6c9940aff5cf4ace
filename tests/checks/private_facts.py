"""What we know of people that is no free text, each from now on known by its column: addresses, numbers, days, secrets."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Column, Date, String, Table, select, update
from sqlalchemy.exc import DBAPIError

from core.database import db
from core.sealed import Seal
from tests.checks.hostile_words import each_its_own, typed_columns

EMAIL, PHONE = re.compile(r"email$"), re.compile(r"^phone(_sealed)?$")
NUMBERS = {"phone_numbers.number"}  # as people type them, and yet no words
FIRST_YEAR, LATER, FIRST_NUMBER = 1911, 2081, 7001


def private_columns() -> Iterator[tuple[Table, Column[Any], str]]:
    """The columns that are said to be somebody's own, with their names."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("private"):
                yield table, column, f"{table.name}.{column.key}"


def plant_private(seal: Seal) -> dict[str, re.Pattern[str]]:
    """Put something into each that says which it is; how each is known on a page that does not name it."""
    known = {}
    for number, (table, column, name) in enumerate(private_columns()):
        value: Any = None
        if isinstance(column.type, Date):
            year = (LATER if "expires" in column.key else FIRST_YEAR) + number % 70
            value, known[name] = date(year, 3, 4), re.compile(rf"\b{year}\b")
        elif PHONE.search(column.key) or name in NUMBERS:
            last = FIRST_NUMBER + number
            value, known[name] = f"+1312555{last}", re.compile(rf"555-?{last}\b")
            value = seal.close(value) if column.key.endswith("_sealed") else value
        elif EMAIL.search(column.key):
            value = each_its_own(table, name, "@example.com")
        if value is not None:
            try:
                with db.engine.connect() as connection:
                    connection.execute(update(table).values({column.key: value}))
            except DBAPIError:  # what never changes
                known.pop(name, None)
    return known


def secrets() -> dict[str, str]:
    """What is nobody's to see, by its value: hashes, keys, and what lies sealed as it is stored."""
    typed = {f"{table.name}.{column}" for table, column in typed_columns()}
    found = {}
    for _table, column, name in private_columns():
        plain = name in typed | NUMBERS or EMAIL.search(column.key) or PHONE.search(column.key)
        if isinstance(column.type, String) and (column.key.endswith("_sealed") or not plain):
            for value in db.session.scalars(select(column).where(column.is_not(None))):
                if len(value) >= 16:  # of a closed list are shorter
                    found[value] = name
    return found
