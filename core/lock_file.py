"""The lock file beside an SQLite database, at which its writers queue."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy.engine import make_url


@lru_cache(maxsize=32)
def lock_file(url: str) -> Path | None:
    """The lock file beside an SQLite database; None for other databases and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database + ".lock")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file. It is opened for each turn: a descriptor that two threads share would be one lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which lets the lock go
