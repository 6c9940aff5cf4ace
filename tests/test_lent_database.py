"""A test finds the database as the template has it, whatever the test before it did."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.databases import LentDatabase, PostgresServer

CARS = "SELECT count(*), min(name) FROM cars"


@pytest.fixture
def lent(postgres: PostgresServer) -> Iterator[LentDatabase]:
    database = LentDatabase(postgres)
    yield database
    database.drop()


def ask(address: str, *statements: str) -> tuple:
    with psycopg.connect(address, autocommit=True) as database:
        return [database.execute(statement) for statement in statements][-1].fetchone()


def test_rows_that_a_test_added_changed_or_deleted_are_as_before(lent: LentDatabase) -> None:
    address = lent.lend()
    before = ask(address, CARS)
    cars = "SELECT array_agg(cars ORDER BY id)::text FROM cars"
    rows = ask(address, cars)
    add = """INSERT INTO users (email, name, password_hash, created_at, hour24)
             VALUES ('a@example.com', 'A', '-', now(), false) RETURNING id"""
    first = ask(address, add)
    assert ask(address, "DELETE FROM energy_cards", "DELETE FROM cars WHERE id > 100",
               "UPDATE cars SET name = name || '-' || id", CARS) != before
    lent.put_back()
    assert lent.lend() == address
    assert ask(address, cars) == rows
    assert ask(address, "SELECT count(*) FROM users") == (0,)
    assert ask(address, add) == first


def test_a_database_whose_shape_a_test_changed_is_not_lent_again(lent: LentDatabase) -> None:
    address = lent.lend()
    ask(address, "ALTER TABLE cars DROP CONSTRAINT pk_cars CASCADE", "SELECT 1")
    lent.put_back()
    assert lent.lend() != address


def test_what_somebody_who_is_still_connected_wrote_is_put_back_too(lent: LentDatabase) -> None:
    address = lent.lend()
    with psycopg.connect(address, autocommit=True) as database:
        database.execute("DELETE FROM energy_cards")
        lent.put_back()
        with pytest.raises(psycopg.OperationalError):
            database.execute("SELECT 1")
    assert ask(lent.lend(), "SELECT count(*) > 0 FROM energy_cards") == (True,)
