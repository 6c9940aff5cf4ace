"""Sessions on the server: begun, found by their token, and ended everywhere at once."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update

from core.database import db, rows_changed, transaction
from core.time import wall_now
from portal.account.models import SignedIn, User

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=1)
REMEMBERED = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=5)
# Built once: every page of somebody who is signed in asks it.
_FOUND = select(SignedIn, User).join(User, User.id == SignedIn.user_id).where(SignedIn.token_hash == bindparam("hash"))


def begin_session(user: User, *, remember: bool, device: str, two_factors: bool = False) -> str:
    """Start a session and return its token, which exists nowhere else."""
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.add(SignedIn(
            token_hash=_hash(token), user_id=user.id, created_at=wall_now(), seen_at=wall_now(), proved_at=wall_now(),
            two_factors=two_factors,
            ends_at=wall_now() + (REMEMBERED if remember else ABSOLUTE), remembered=remember, device=device[:200],
        ))
    return token


def find_session(token: str) -> tuple[SignedIn, User] | None:
    """The live session behind a token, with its user, or None. Touches it every five minutes."""
    row = db.session.execute(_FOUND, {"hash": _hash(token)}).first()
    if row is None:
        return None
    signed_in, user = row
    now = wall_now()
    idle = not signed_in.remembered and signed_in.seen_at < now - IDLE
    if idle or signed_in.ends_at <= now or user.disabled_at is not None:
        return None
    if signed_in.seen_at < now - TOUCH_EVERY:
        with transaction():
            db.session.execute(update(SignedIn).where(SignedIn.id == signed_in.id).values(seen_at=now))
    return signed_in, user


def session_number(token: str) -> int | None:
    """The id of the session behind a token, for rows that end with it."""
    return db.session.scalar(select(SignedIn.id).where(SignedIn.token_hash == _hash(token)))


def renew_session(token: str, *, two_factors: bool = False) -> str:
    """The session's new token, after whoever has it proved again who they are; copies of the old one are dead."""
    new = secrets.token_urlsafe(32)
    proved = {"token_hash": _hash(new), "proved_at": wall_now()} | ({"two_factors": True} if two_factors else {})
    with transaction():
        db.session.execute(update(SignedIn).where(SignedIn.token_hash == _hash(token)).values(proved))
    return new


def sessions_of(user_id: int) -> list[SignedIn]:
    """The user's sessions that are alive, the last seen first."""
    at = wall_now()
    alive = select(SignedIn).where(SignedIn.user_id == user_id, SignedIn.ends_at > at,
                                   SignedIn.remembered | (SignedIn.seen_at >= at - IDLE))
    return list(db.session.scalars(alive.order_by(SignedIn.seen_at.desc(), SignedIn.id)))


def end_one(user_id: int, session_id: int) -> bool:
    """End one of the user's own sessions; whether there was such a one."""
    with transaction():
        return bool(rows_changed(delete(SignedIn).where(
            SignedIn.id == session_id, SignedIn.user_id == user_id)))


def end_session(token: str) -> None:
    """End this session: copies of its cookie are dead in every process from now on."""
    with transaction():
        db.session.execute(delete(SignedIn).where(SignedIn.token_hash == _hash(token)))


def end_all_sessions(user: User, *, but: str = "") -> None:
    """Sign the user out everywhere; `but`: except for the session of this token."""
    with transaction():
        db.session.execute(delete(SignedIn).where(SignedIn.user_id == user.id, SignedIn.token_hash != _hash(but)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
