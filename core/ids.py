"""Identifiers: UUIDv7 for rows that sort by time, short references for what people read aloud."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

import uuid_utils

from core.time import now

# Crockford's alphabet: no I, L, O or U, so that a reference survives being read over the phone.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

# Seeded for the demo city only; everyone else draws from `secrets`.
_seeded: ContextVar[random.Random | None] = ContextVar("seeded_ids", default=None)


@contextmanager
def seeded_ids(seed: int) -> Iterator[None]:
    """Draw identifiers from a seed inside the block, so that the same demo city has the same ids."""
    token = _seeded.set(random.Random(seed))  # noqa: S311 - names of a demo city, not secrets
    try:
        yield
    finally:
        _seeded.reset(token)


def new_id() -> UUID:
    """A UUIDv7: its first 48 bits are the service's time in milliseconds."""
    drawn = _seeded.get()
    if drawn is None:
        return UUID(int=uuid_utils.uuid7().int)
    return uuid7_at(now(), drawn.getrandbits(74))


def random_id() -> UUID:
    """A random UUID that tells nothing, not even its age."""
    drawn = _seeded.get()
    return UUID(int=(drawn or secrets.SystemRandom()).getrandbits(128), version=4)


def uuid7_at(moment: datetime, tail: int = 0) -> UUID:
    """The UUIDv7 of a moment with the given 74 random bits; with none, the lowest id of that millisecond."""
    milliseconds = int(moment.timestamp() * 1000)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)


def new_reference(length: int = 10) -> str:
    """A short random reference (50 bits at length 10): unguessable enough to name, never enough to authorise."""
    drawn = _seeded.get()
    if drawn is None:
        return "".join(secrets.choice(ALPHABET) for _ in range(length))
    return "".join(drawn.choice(ALPHABET) for _ in range(length))


def random_digits(length: int) -> str:
    """Digits nobody can guess from what they see."""
    drawn = _seeded.get() or secrets.SystemRandom()
    return "".join(str(drawn.randrange(10)) for _ in range(length))
