"""One file for several processes, and a city that is built in memory and saved."""

import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import stripe

from portal.billing.stripe.embedded.file import FileStore
from portal.billing.stripe.embedded.memory import MemoryStore
from tests.portal.billing.stripe.embedded.town import Town


def capture_all(file: Path, intents: list[str]) -> int:
    """In a process of its own: capture what others want to capture too; how many it was first at."""
    store = FileStore(file)
    town = Town(store)
    first = 0
    for intent in intents:
        with suppress(stripe.InvalidRequestError):
            town.api.payment_intents.capture(intent)
            first += 1
    store.close()
    return first


def test_several_processes_capture_each_hold_once(tmp_path: Path) -> None:
    file = tmp_path / "services.sqlite"
    store = FileStore(file)
    town = Town(store)
    intents = [town.hold(None, "pm_card_visa").id for _ in range(20)]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        firsts = list(pool.map(capture_all, [file] * 3, [intents] * 3))

    assert sum(firsts) == 20
    lines = town.api.balance_transactions.list({"type": "charge", "limit": 100}).data
    assert len({line.id for line in lines}) == 20
    store.close()


def test_several_threads_share_one_stripe(town: Town) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: town.hold(None, "pm_card_visa").id, range(40)))
    assert len(set(made)) == 40


def test_a_city_built_in_memory_lives_on_in_a_file(tmp_path: Path) -> None:
    memory = MemoryStore()
    town = Town(memory)
    customer = town.customer()
    card = town.card(customer)
    held, left = town.hold(customer, card, once="a"), town.hold(customer, card)
    memory.save_to(tmp_path / "services.sqlite")

    store = FileStore(tmp_path / "services.sqlite")
    later = Town(store, at=town.at)
    assert later.hold(customer, card, once="a").id == held.id
    assert later.api.payment_intents.capture(held.id).status == "succeeded"
    assert [one.id for one in later.api.payment_intents.list({"customer": customer}).data] == [left.id, held.id]
    assert len(later.embedded.due_webhooks(1000)) > 5
    assert later.customer() != customer
    later.wait(days=8)
    assert later.api.payment_intents.retrieve(left.id).status == "canceled"
    store.close()


def test_a_city_that_was_built_without_listening_is_saved_without_its_past(tmp_path: Path) -> None:
    memory = MemoryStore()
    town = Town(memory)
    customer = town.customer()
    card = town.card(customer)
    held, left = town.hold(customer, card, once="a"), town.hold(customer, card)
    memory.save_to(tmp_path / "services.sqlite", events=False)

    saved = sqlite3.connect(tmp_path / "services.sqlite")
    assert saved.execute("SELECT count(*) FROM stripe_objects WHERE kind = 'event'").fetchone() == (0,)
    assert saved.execute("SELECT count(*) FROM stripe_deliveries").fetchone() == (0,)
    assert saved.execute("SELECT count(*) FROM stripe_answers").fetchone() == (0,)
    saved.close()
    store = FileStore(tmp_path / "services.sqlite")
    later = Town(store, at=town.at)
    assert [one.id for one in later.api.payment_intents.list({"customer": customer}).data] == [left.id, held.id]
    assert later.api.payment_intents.capture(held.id).status == "succeeded"
    assert later.kinds() == ["charge.captured", "payment_intent.succeeded"]
    assert later.customer() != customer
    later.wait(days=8)
    assert later.api.payment_intents.retrieve(left.id).status == "canceled"
    store.close()


def test_saving_leaves_the_tables_of_others_and_nothing_of_an_older_city(tmp_path: Path) -> None:
    file = tmp_path / "services.sqlite"
    store = FileStore(file)
    Town(store).customer()
    store.close()
    others = sqlite3.connect(file)
    with others:
        others.execute("CREATE TABLE car_units (unit TEXT)")
        others.execute("INSERT INTO car_units VALUES ('GOLF')")
    MemoryStore().save_to(file)

    assert others.execute("SELECT unit FROM car_units").fetchall() == [("GOLF",)]
    assert others.execute("SELECT count(*) FROM stripe_objects").fetchone() == (0,)
    others.close()


def test_an_interrupted_request_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "services.sqlite")
    with suppress(KeyboardInterrupt), store.transaction():
        store.put({"id": "cus_1", "object": "customer", "created": 1})
        raise KeyboardInterrupt
    with store.transaction():
        assert store.get("cus_1") is None
    store.close()


def test_a_file_that_is_held_by_others_too_long_is_a_lock_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.billing.stripe.embedded.file.PATIENCE_SECONDS", 0.05)
    file = tmp_path / "services.sqlite"
    store = FileStore(file)
    town = Town(store)
    town.customer()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(stripe.RateLimitError) as refused:
        town.customer()
    assert refused.value.error.code == "lock_timeout"  # type: ignore[union-attr]
    other.close()
    store.close()
