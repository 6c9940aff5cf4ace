"""Passwords: which ones are good enough (NIST SP 800-63B-4), and their hashes.

The hashes are argon2id in the OWASP profile, with a cap on how many are computed at once.
"""

import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal

# OWASP password storage cheat sheet: argon2id with 19 MiB, two passes, one lane (about 18 ms here).
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_once = threading.BoundedSemaphore(4)  # a flood of sign-ins must not take the memory of the searches
_nobody: list[str] = []

ALONE, WITH_SECOND_FACTOR = 15, 8  # letters at least, counted after normalising
COMMON = Path(__file__).with_name("common_passwords.txt")
OUR_WORDS = frozenset({"roundtrip", "carsharing", "carshare", "chicago"})
ROWS = ("1234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")
SAME_AGAIN, LEFT_OVER = 8, 6  # the longest piece whose repetition is no password; the letters needed besides known words


class WeakPassword(Refusal):
    """`remedy` says what to do; the page puts both beside the field."""

    code, status = "weak_password", 422
    says = _l("That password is one of the first that others would try.")
    remedy = _l("Take a few words that have nothing to do with you or us.")


class ShortPassword(WeakPassword):
    code = "short_password"
    says = _l("That password is too short: it needs 15 letters or more.")
    remedy = _l("A few words in a row are easy to remember. Nothing else is asked of it.")


class ShorterPassword(ShortPassword):
    """With a second factor eight letters will do."""

    says = _l("That password is too short: it needs 8 letters or more.")


def check_password(password: str, *, email: str = "", name: str = "", second_factor: bool = False) -> None:
    """Raises ShortPassword, or WeakPassword for what is common, a pattern, or made of the person's and our own words.

    Any letters of any writing will do, in any mixture: there is no rule on which kinds it must have.
    """
    typed = normal(password)
    if len(typed) < (WITH_SECOND_FACTOR if second_factor else ALONE):
        raise ShorterPassword() if second_factor else ShortPassword()
    plain = "".join(letter for letter in typed.casefold() if letter.isalnum())
    bare = plain.strip("0123456789")
    words = {word for word in _words(email.casefold()) | _words(name.casefold()) | OUR_WORDS if len(word) >= 3}
    if {typed.casefold(), plain, bare} & _common() or _is_pattern(plain) or _is_made_of(plain, words):
        raise WeakPassword()


def normal(password: str) -> str:
    """The same letters are the same password, however a keyboard composed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _words(text: str) -> set[str]:
    return set("".join(letter if letter.isalnum() else " " for letter in text).split())


def _is_pattern(plain: str) -> bool:
    """Pieces of at most eight letters again and again, or along the keyboard."""
    if any(all(letter == plain[at % size] for at, letter in enumerate(plain)) for size in range(1, SAME_AGAIN + 1)
           if size < len(plain)):
        return True
    return any(plain in row * 4 or plain in row[::-1] * 4 for row in ROWS)


def _is_made_of(plain: str, words: set[str]) -> bool:
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, "")
    return len(plain.strip("0123456789")) < LEFT_OVER


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text().split())


def hash_password(password: str) -> str:
    """The hash to store."""
    with _at_once:
        return _hasher.hash(normal(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Without a hash it takes as long and is wrong, so that nobody learns who exists."""
    if not _nobody:
        _nobody.append(_hasher.hash("nobody has this password"))
    forms = dict.fromkeys((normal(password), password))  # hashes from before passwords were normalised are of what was typed
    return any([_verify(password_hash or _nobody[0], form) for form in forms]) and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    with _at_once:
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)
