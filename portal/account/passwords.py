"""Passwords: argon2id in the OWASP profile, with a cap on how many are computed at once."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP password storage cheat sheet: argon2id with 19 MiB, two passes, one lane (about 18 ms here).
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_once = threading.BoundedSemaphore(4)  # a flood of sign-ins must not take the memory of the searches
_nobody: list[str] = []


def hash_password(password: str) -> str:
    """The hash to store."""
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Without a hash it takes as long and is wrong, so that nobody learns who exists."""
    if not _nobody:
        _nobody.append(_hasher.hash("nobody has this password"))
    with _at_once:
        try:
            _hasher.verify(password_hash or _nobody[0], password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)
