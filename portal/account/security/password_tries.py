"""Tries at a password, counted for an account and the place they come from: a stranger who guesses shuts out the stranger.

A place is a browser from which this account was signed in to before, or else a network address. The tries are counted in the
database, so that every process knows of them, and before the password is looked at, so that many at once are many.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from core.database import db, take_turns, transaction
from core.time import wall_now
from experience.record.observe import aside
from portal.account.errors import TooManyToday, TooManyTries
from portal.account.models import SignInFailure
from portal.account.security.known_devices import hash_of, is_known

TRIES, WITHIN = 10, timedelta(minutes=15)  # from one place
STRANGERS, DAY = 100, timedelta(days=1)  # from all places together: the most that NIST SP 800-63B-4 leaves for an account


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody types a password: the network address, and what the browser's own cookie names it ("" for none)."""

    address: str = ""
    device: str = ""


def try_password(email: str, place: Place) -> None:
    """Count a try, whatever becomes of it. Raises TooManyTries for this place, and TooManyToday for the account.

    A browser that the account knows is not kept waiting by what strangers did.
    """
    account = _hash(email)
    with aside(), transaction():
        take_turns(f"passwords of {account}")
        known = is_known(email, place.device)
        here = _here(account, place, known=known)
        if _count(account, WITHIN, here) >= TRIES:
            raise TooManyTries()
        if _count(account, DAY, here if known else None) >= STRANGERS:
            raise TooManyToday()
        db.session.execute(insert(SignInFailure).values(account_hash=account, place_hash=here, at=wall_now()))


def forget_tries_from(email: str, place: Place) -> None:
    """It was the right one: the tries from this place, the last of which this was, count no more. Strangers' still do."""
    account = _hash(email)
    here = _here(account, place, known=is_known(email, place.device))
    db.session.execute(delete(SignInFailure).where(
        SignInFailure.account_hash == account, SignInFailure.place_hash == here))


def forget_all_tries(email: str) -> None:
    """There is a new password: what was tried at the old one counts no more."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.account_hash == _hash(email)))


def forget_old_tries(_now: datetime) -> None:
    """Once a day: those that nothing counts any more, of passwords and of everything else that is counted beside them."""
    with transaction():
        db.session.execute(delete(SignInFailure).where(SignInFailure.at < wall_now() - DAY))


def _count(account: str, within: timedelta, here: str | None) -> int:
    tried = select(func.count()).select_from(SignInFailure).where(
        SignInFailure.account_hash == account, SignInFailure.at > wall_now() - within)
    return db.session.scalar(tried if here is None else tried.where(SignInFailure.place_hash == here)) or 0


def _here(account: str, place: Place, *, known: bool) -> str:
    """Of this account only, so that nobody sees which accounts were tried from one place."""
    return _hash(f"{account} {hash_of(place.device) if known else place.address}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
