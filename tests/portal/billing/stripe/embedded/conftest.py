"""A Stripe of one's own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.billing.stripe.embedded.file import FileStore
from portal.billing.stripe.embedded.memory import MemoryStore
from tests.portal.billing.stripe.embedded.town import Town


@pytest.fixture(params=["memory", "file"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    if request.param == "memory":
        yield Town(MemoryStore())
        return
    store = FileStore(tmp_path / "services.sqlite")
    yield Town(store)
    store.close()


@pytest.fixture
def quick() -> Town:
    """In memory alone, where the store cannot matter."""
    return Town(MemoryStore())
