"""Tries that are counted in the database, so that every process knows of them: at most so many, then wait."""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from core.database import db, take_turns, transaction
from core.refusal import Refusal
from core.time import wall_now
from experience.record.observe import aside
from portal.account.models import SignInFailure

CODES, WITHIN = 5, timedelta(minutes=15)


def try_once(what: str, *, most: int, refusal: type[Refusal]) -> None:
    """Count one more try at `what` ("code 7"), whatever becomes of it. Raises `refusal` when there were `most` already."""
    with aside(), transaction():
        take_turns(f"tries at {what}")
        recent = select(func.count()).select_from(SignInFailure).where(
            SignInFailure.account_hash == _name(what), SignInFailure.at > wall_now() - WITHIN)
        if (db.session.scalar(recent) or 0) >= most:
            raise refusal()
        db.session.execute(insert(SignInFailure).values(account_hash=_name(what), at=wall_now()))


def forget_tries(what: str) -> None:
    """It succeeded: the tries before it count no more."""
    with transaction():
        db.session.execute(delete(SignInFailure).where(SignInFailure.account_hash == _name(what)))


def _name(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()
