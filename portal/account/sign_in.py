"""Signing in: the same answer and the same time whether the address is known or not."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from core.database import db, rows_changed, transaction
from core.sealed import Seal
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.errors import WrongPassword
from portal.account.models import User
from portal.account.passwords import hash_password, matches, outdated
from portal.account.security.errors import HalfIsOver
from portal.account.security.models import HalfSignIn
from portal.account.security.password_tries import Place, forget_tries_from, try_password
from portal.account.security.second_factor import check_code, has_second_factor
from portal.account.sessions import begin_session

HALF_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password was right, a second factor is still to come: `token` is for the page that asks for it, no session's."""

    token: str


def sign_in(*, email: str, password: str, remember: bool, device: str, place: Place) -> str | Halfway:
    """Check the password and begin a session; returns its token. Raises WrongPassword, TooManyTries and TooManyToday.

    Whoever has a second factor gets only half way: no session before `finish_sign_in()`.
    """
    email = email.strip().lower()
    with observe(Step.MANAGE_SIGN_IN) as seen:
        seen.note(remembered=remember)
        user = check_password_of(email, password, place)
        if has_second_factor(user):
            seen.was_repeated()  # half of it: the step has succeeded once the code is typed in
            return Halfway(_begin_half(user, remember=remember, device=device))
        return begin_session(user, remember=remember, device=device)


def check_password_of(email: str, password: str, place: Place) -> User:
    """Who it is that has this address and this password. Raises WrongPassword, TooManyTries and TooManyToday."""
    email = email.strip().lower()
    try_password(email, place)
    user: User | None = db.session.scalar(select(User).where(User.email == email, User.disabled_at.is_(None)))
    if not matches(password, user.password_hash if user else None) or user is None:
        raise WrongPassword()
    stronger = hash_password(password) if outdated(user.password_hash) else None
    with transaction():
        if stronger:
            user.password_hash = stronger
        forget_tries_from(email, place)
    return user


def finish_sign_in(*, token: str, code: str, seal: Seal) -> tuple[str, bool]:
    """Begin the session after the second factor; returns its token and whether to remember it.

    Raises HalfIsOver, WrongCode and TooManyCodes. A half that was finished once is over.
    """
    with observe(Step.MANAGE_SIGN_IN) as seen:
        half = find_half(token)
        if half is None:
            raise HalfIsOver()
        seen.note(remembered=half.remembered)
        check_code(half.user_id, code, seal=seal)
        with transaction():
            if not rows_changed(delete(HalfSignIn).where(HalfSignIn.id == half.id)):
                raise HalfIsOver()
            user = db.session.get_one(User, half.user_id)
            session = begin_session(user, remember=half.remembered, device=half.device, two_factors=True)
    return session, half.remembered


def find_half(token: str) -> HalfSignIn | None:
    """The half-finished sign-in behind a token, while it lasts and its user may still sign in."""
    return db.session.scalar(
        select(HalfSignIn).join(User, User.id == HalfSignIn.user_id)
        .where(HalfSignIn.token_hash == _hash(token), HalfSignIn.ends_at > wall_now(), User.disabled_at.is_(None)))


def _begin_half(user: User, *, remember: bool, device: str) -> str:
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.execute(delete(HalfSignIn).where(HalfSignIn.ends_at < wall_now()))
        db.session.add(HalfSignIn(token_hash=_hash(token), user_id=user.id, remembered=remember, device=device[:200],
                                  ends_at=wall_now() + HALF_FOR))
    return token


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
