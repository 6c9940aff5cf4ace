"""What the pages' shell does is not the database's: SQLite alone will do."""

from collections.abc import Iterator

import pytest

from tests.conftest import fresh_database


@pytest.fixture
def database_url(request, tmp_path) -> Iterator[str]:
    with fresh_database(request, "sqlite", tmp_path) as address:
        yield address
