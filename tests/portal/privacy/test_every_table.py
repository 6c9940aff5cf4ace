"""Erasing, on one ordinary row of every table at once: what is to go goes, what stays says nothing, on both databases."""

from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select

from core.database import db, transaction
from core.personal import Fate, Person
from portal.account.personal import is_erased
from portal.privacy.erase_rows import erase_rows, what_stays
from portal.privacy.hand_out import handed_out
from portal.privacy.register import HOLDERS
from portal.privacy.whose import rows_of, table_of
from tests.ordinary_rows import ID, ORDINARY

SOMEBODY = Person(ID, ID, "row@example.com", "Row", "mark")
# Whose ordinary row leads to nobody, or to somebody by what no key shows.
LEADS_ELSEWHERE = {"identities", "events", "browser_events", "lookups", "outbox", "sign_in_failures", "incoming_mail",
                   "sign_ups", "password_resets", "passkey_challenges", "fob_taps"}


@pytest.fixture
def seal(app):
    return app.extensions["adapters"].seal


@pytest.fixture
def filled(app) -> None:
    """The ordinary rows. SQLite and PostgreSQL check their keys at once, so parents come first."""
    with transaction():
        db.session.execute(delete(db.metadata.tables["rules_stamp"]))
        for table in db.metadata.sorted_tables:
            row: dict[str, Any] = dict(ORDINARY[table.name])
            db.session.execute(insert(table).values(row))


def _count(held: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table_of(held)).where(rows_of(held, SOMEBODY))) or 0


def test_of_every_table_what_is_to_go_goes_and_what_stays_is_emptied(filled, seal):
    shares = [held for holder in HOLDERS for held in holder.tables]
    found = {held.table for held in shares if _count(held)}
    assert {held.table for held in shares} - found - LEADS_ELSEWHERE == set(), "the register looks for these in the wrong way"
    assert sum(what_stays(SOMEBODY).values()) > 20
    rows = {held.table: handed_out(held, SOMEBODY, seal) for held in shares}
    assert rows["favourite_cars"][0]["member_id"] == "you"
    assert "token_hash" not in rows["api_tokens"][0]
    for holder in HOLDERS:
        with transaction():
            erase_rows(holder, SOMEBODY, seal)
    for held in shares:
        if held.fate is Fate.GONE:
            assert _count(held) == 0, held.table
        elif held.table in found:
            _is_empty(held, seal)
    assert is_erased(ID)
    with transaction():  # again: it bears it, and nothing more goes
        assert [erase_rows(holder, SOMEBODY, seal) for holder in HOLDERS if holder.name in ("messages", "licence")] == [0, 0]


def _is_empty(held: Any, seal: Any) -> None:
    """Each private column says nothing: it is missing, empty, or the seal of nothing."""
    table = table_of(held)
    for row in db.session.execute(select(table)).mappings():
        for column in held.empties:
            value = row[column]
            if column not in ("email", "name", "password_hash", "disabled_at", "status", "hour24"):
                assert not value or seal.read(value) == "", (held.table, column)
    if held.table == "users":
        kept = db.session.execute(select(table.c.email, table.c.name).where(table.c.id == ID)).one()
        assert kept == (f"nobody-{ID}@erased.invalid", "Former member")
