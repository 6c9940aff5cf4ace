"""The way back when a password is lost: a link by mail, for half an hour and once; a second factor is asked for all the same.

Asking does the same work and gives the same answer whether the address is anybody's: that is found out by the worker.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from core.database import db, rows_changed, take_turns, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import Refusal
from core.sealed import Seal
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User
from portal.account.passwords import check_password, hash_password
from portal.account.security.authenticator import authenticator_of
from portal.account.security.models import HalfSignIn, PasswordReset
from portal.account.security.password_tries import forget_all_tries
from portal.account.sessions import end_all_sessions

GOOD_FOR, INVITED_FOR = timedelta(minutes=30), timedelta(days=1)
LETTERS, WITHIN = 3, timedelta(hours=1)  # to one address
KEPT = timedelta(days=1)


class ResetIsOver(Refusal):
    code, status = "reset_is_over", 410
    says = _l("This link works no more.")
    remedy = _l("A link is good for half an hour and once. Ask for a new one.")


def ask_for_reset(*, email: str, seal: Seal) -> None:
    """Have a link mailed to the address, if it is somebody's; more than three times an hour changes nothing."""
    email, at = email.strip().lower(), wall_now()
    with observe(Step.MANAGE_SIGN_IN) as seen, transaction():
        seen.was_repeated()  # half of it, as far as anybody may know
        take_turns(f"reset of {_hash(email)}")
        db.session.execute(delete(PasswordReset).where(PasswordReset.ends_at < at - KEPT))
        lately = db.session.scalar(select(func.count()).select_from(PasswordReset).where(
            PasswordReset.account_hash == _hash(email), PasswordReset.asked_at > at - WITHIN))
        if (lately or 0) >= LETTERS:
            return
        row = PasswordReset(id=new_id(), account_hash=_hash(email), email_sealed=seal.close(email), why="forgot",
                            asked_at=at, ends_at=at + GOOD_FOR)
        db.session.add(row)
        post("password_reset", once=f"password_reset-{row.id}", reset_id=str(row.id))


def address_for(reset_id: UUID, *, seal: Seal, secret: str) -> tuple[str, str] | None:
    """For the letter: whom to write to and the token of the link, which counts from now on. None when it is nobody's.

    Asked again it says the same, so that a letter that was tried twice has one link.
    """
    with transaction():
        row = db.session.get(PasswordReset, reset_id)
        if row is None or row.used_at is not None or row.ends_at <= wall_now():
            return None
        if row.email_sealed is not None and row.user_id is None:
            row.user_id = db.session.scalar(select(User.id).where(
                User.email == seal.open(row.email_sealed), User.disabled_at.is_(None)))
            row.email_sealed = None
        user = db.session.get(User, row.user_id) if row.user_id is not None else None
        if user is None:
            return None
        token = _token(row.id, secret)
        row.token_hash = _hash(token)
        return user.email, token


def invite(*, user: User, secret: str) -> str:
    """The token of a link with which somebody new chooses a password: for a day and once."""
    return _link(user, "invited", INVITED_FOR, secret)


def way_back(*, user: User, secret: str) -> str:
    """The token of a link for whoever has just proved that they read the mail of this address."""
    return _link(user, "forgot", GOOD_FOR, secret)


def _link(user: User, why: str, good_for: timedelta, secret: str) -> str:
    with transaction():
        row = PasswordReset(id=new_id(), account_hash=_hash(user.email), why=why, user_id=user.id, asked_at=wall_now(),
                            ends_at=wall_now() + good_for)
        token = _token(row.id, secret)
        row.token_hash = _hash(token)
        db.session.add(row)
    return token


def reset_of(token: str) -> PasswordReset:
    """The row behind a link that still works. Raises ResetIsOver."""
    row: PasswordReset | None = db.session.scalar(
        select(PasswordReset).join(User, User.id == PasswordReset.user_id)
        .where(PasswordReset.token_hash == _hash(token), PasswordReset.used_at.is_(None), PasswordReset.ends_at > wall_now(),
               User.disabled_at.is_(None)))
    if row is None:
        raise ResetIsOver()
    return row


def reset_password(*, token: str, password: str) -> None:
    """Take the new password and sign out everywhere. Raises ResetIsOver and WeakPassword; of two at once, one is right."""
    row = reset_of(token)
    user = db.session.get_one(User, row.user_id)
    with observe(Step.MANAGE_DETAILS, member=user.member):
        check_password(password, email=user.email, name=user.name, second_factor=authenticator_of(user.id) is not None)
        new = hash_password(password)
        with transaction():
            used = rows_changed(update(PasswordReset).where(
                PasswordReset.id == row.id, PasswordReset.used_at.is_(None)).values(used_at=wall_now()))
            if not used:
                raise ResetIsOver()
            keep_password(user, new)
            end_all_sessions(user)


def change_password(*, user: User, password: str, token: str) -> None:
    """Take another password; every session but this one (`token`) ends. Raises WeakPassword."""
    with observe(Step.MANAGE_DETAILS, member=user.member):
        check_password(password, email=user.email, name=user.name, second_factor=authenticator_of(user.id) is not None)
        new = hash_password(password)
        with transaction():
            keep_password(user, new)
            end_all_sessions(user, but=token)


def keep_password(user: User, password_hash: str) -> None:
    """The new hash; links and half-finished sign-ins of the old password end, and its owner is told."""
    user.password_hash = password_hash
    db.session.execute(update(PasswordReset).where(
        PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None)).values(used_at=wall_now()))
    db.session.execute(delete(HalfSignIn).where(HalfSignIn.user_id == user.id))
    forget_all_tries(user.email)
    post("password_changed", user_id=user.id)


def _token(reset_id: UUID, secret: str) -> str:
    mixed = hmac.new(secret.encode(), f"password reset {reset_id}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mixed).decode().rstrip("=")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
