"""Signing in: the same answer and the same time whether the address is known or not."""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from core.database import db, transaction
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import aside, observe
from portal.account.errors import TooManyTries, WrongPassword
from portal.account.models import SignInFailure, User
from portal.account.passwords import hash_password, matches, outdated
from portal.account.sessions import begin_session

TRIES, WITHIN = 10, timedelta(minutes=15)


def sign_in(*, email: str, password: str, remember: bool, device: str) -> str:
    """Check the password and begin a session; returns its token. Raises WrongPassword or TooManyTries."""
    email = email.strip().lower()
    with observe(Step.MANAGE_SIGN_IN) as seen:
        seen.note(remembered=remember)
        _refuse_floods(email)
        user = db.session.scalar(select(User).where(User.email == email, User.disabled_at.is_(None)))
        if not matches(password, user.password_hash if user else None) or user is None:
            _count_failure(email)
            raise WrongPassword()
        stronger = hash_password(password) if outdated(user.password_hash) else None
        with transaction():
            if stronger:
                user.password_hash = stronger
            db.session.execute(delete(SignInFailure).where(SignInFailure.account_hash == _account(email)))
            return begin_session(user, remember=remember, device=device)


def _refuse_floods(email: str) -> None:
    recent = db.session.scalar(
        select(func.count()).select_from(SignInFailure)
        .where(SignInFailure.account_hash == _account(email), SignInFailure.at > wall_now() - WITHIN)
    )
    if (recent or 0) >= TRIES:
        raise TooManyTries()


def _count_failure(email: str) -> None:
    with aside(), transaction():
        db.session.execute(insert(SignInFailure).values(account_hash=_account(email), at=wall_now()))
        db.session.execute(delete(SignInFailure).where(SignInFailure.at < wall_now() - 4 * WITHIN))


def _account(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()
