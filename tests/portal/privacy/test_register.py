"""The register of personal data: no table is forgotten, and what is said of each can be done."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Boolean, Column, Table

import portal.models  # noqa: F401 - every table of the house
from core.database import db
from core.personal import Fate, Held
from portal.privacy.hand_out import is_shown
from portal.privacy.register import BY_NAME, HOLDERS, NOBODYS, OF_STAFF, TABLES
from portal.privacy.words import WHY

EVERY: dict[str, Table] = dict(db.metadata.tables)
PLAIN = {"member_id", "user_id", "by_member_id", "member_pid", "email"}  # a key of somebody's that no foreign key shows
OF_THEMSELVES = {
    "asks.exempt", "condition_checks.nothing_new", "condition_checks.skipped", "conversation_entries.by_mail",
    "conversation_entries.internal", "member_needs.more_time", "messages.urgent", "sessions.remembered", "sessions.two_factors",
    "users.hour24"}
pytestmark = pytest.mark.one_database


def _private(table: Table) -> set[str]:
    return {column.name for column in table.columns if column.info.get("private")}


def _points_at(column: Column, names: set[str]) -> bool:
    return any(key.column.table.name in names for key in column.foreign_keys)


def _is_personal(table: Table) -> bool:
    return bool(_private(table)) or table.name in ("members", "users") or any(
        column.name in PLAIN or _points_at(column, {"members", "users"}) for column in table.columns)


def _all_held() -> Iterator[tuple[Table, Held]]:
    for name, shares in TABLES.items():
        for held in shares:
            yield EVERY[name], held


@pytest.mark.check("gdpr")
def test_every_table_with_somebody_in_it_is_in_the_register() -> None:
    forgotten = {name for name, table in EVERY.items() if _is_personal(table)} - set(TABLES) - OF_STAFF - NOBODYS
    assert not forgotten, "name each in the personal.py of its room: what is handed out, what erasing does, what stays and why"


def test_nothing_stands_in_the_register_that_is_not_there() -> None:
    assert set(TABLES) | OF_STAFF | NOBODYS <= set(EVERY)
    assert not (set(TABLES) & (OF_STAFF | NOBODYS))
    assert len(BY_NAME) == len(HOLDERS)


def test_what_stays_says_why_and_has_nothing_private_left() -> None:
    for table, held in _all_held():
        if held.fate is Fate.GONE:
            assert held.because is None
            assert not held.empties
            continue
        assert held.because in WHY, f"{table.name} stays for no reason"
        assert _private(table) <= set(held.empties), f"{table.name} keeps something private"
        assert (held.fate is Fate.EMPTIED) == bool(held.empties)


def test_no_answer_is_handed_out_that_tells_of_somebody_else() -> None:
    """What is yes or no was found out by us, of whom it may be: whether an address has an account, say."""
    handed_out = {f"{table.name}.{column.name}" for table, held in _all_held() if held.shown is not False
                  for column in table.columns if isinstance(column.type, Boolean) and is_shown(column, held)}
    assert handed_out == OF_THEMSELVES, "is it of the person themselves? Else name it in `secret`"


def test_the_columns_that_the_register_names_are_there() -> None:
    for table, held in _all_held():
        named = set(held.empties) | held.secret | held.sealed | held.others | (set() if callable(held.by) else set(held.by))
        assert named <= set(table.columns.keys()), table.name


def test_what_points_at_a_row_that_goes_goes_before_it_or_lets_go_of_it() -> None:
    gone = {table.name for table, held in _all_held() if held.fate is Fate.GONE and held.only is None}
    turn = {held.table: number for number, holder in enumerate(HOLDERS) for held in holder.tables}
    for table in EVERY.values():
        for column in table.columns:
            for parent in (key.column.table.name for key in column.foreign_keys if key.column.table.name in gone):
                if table.name == parent or any(key.ondelete == "CASCADE" for key in column.foreign_keys):
                    continue
                shares = TABLES.get(table.name, ())
                lets_go = any(held.fate is Fate.GONE or column.name in held.empties for held in shares)
                assert lets_go, f"{table.name}.{column.name} would point at nothing"
                assert turn[table.name] <= turn[parent], f"{table.name} goes after {parent}, at which it points"


def test_only_what_people_of_ours_did_counts_as_of_staff() -> None:
    """A table of staff points at users, never at members."""
    for name in OF_STAFF:
        assert not any(_points_at(column, {"members"}) for column in EVERY[name].columns), name
