"""The second factor: whether somebody has one, whether what they typed proves it, setting it up and taking it away."""

from sqlalchemy import delete, exists, select

from core.database import db, transaction
from core.sealed import Seal
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import STAFF_ROLES, User
from portal.account.security.authenticator import authenticator_of, keep_authenticator, step_of, use_code
from portal.account.security.errors import TooManyCodes, WrongCode
from portal.account.security.models import Authenticator, Passkey
from portal.account.security.recovery_codes import draft_codes, forget_codes, keep_codes, use_recovery_code
from portal.account.security.tries import CODES, forget_tries, try_once
from portal.account.sessions import end_all_sessions


def has_second_factor(user: User) -> bool:
    """Whether the password alone lets nobody in: they have an authenticator, or work here and have a passkey."""
    if authenticator_of(user.id) is not None:
        return True
    return bool(user.roles & STAFF_ROLES) and bool(db.session.scalar(select(exists().where(Passkey.user_id == user.id))))


def check_code(user_id: int, code: str, *, seal: Seal) -> None:
    """Use up a code of the app, or a recovery code. Raises WrongCode, and TooManyCodes after five in a quarter of an hour."""
    what = f"code {user_id}"
    try_once(what, most=CODES, refusal=TooManyCodes)
    typed = "".join(code.split())
    right = use_code(user_id, typed, seal=seal) if typed.isdecimal() else use_recovery_code(user_id, typed)
    if not right:
        raise WrongCode()
    forget_tries(what)


def set_up(*, user: User, secret: str, code: str, token: str, seal: Seal) -> list[str]:
    """Make the app with this secret the user's and return ten recovery codes; every other session ends. Raises WrongCode.

    `token`: of the session in which this happens, which stays.
    """
    with observe(Step.MANAGE_DETAILS, member=user.member):
        what = f"code {user.id}"
        try_once(what, most=CODES, refusal=TooManyCodes)
        step = step_of(secret, "".join(code.split()), wall_now())
        if step is None:
            raise WrongCode()
        forget_tries(what)
        drafts = draft_codes()
        with transaction():
            keep_authenticator(user, secret, seal=seal, step=step)
            end_all_sessions(user, but=token)
            keep_codes(user.id, drafts)
    return list(drafts)


def renew_codes(*, user: User) -> list[str]:
    """Ten other recovery codes."""
    with observe(Step.MANAGE_DETAILS, member=user.member):
        drafts = draft_codes()
        keep_codes(user.id, drafts)
    return list(drafts)


def take_away(*, user: User) -> None:
    """No authenticator and no recovery codes any more."""
    with observe(Step.MANAGE_DETAILS, member=user.member), transaction():
        db.session.execute(delete(Authenticator).where(Authenticator.user_id == user.id))
        forget_codes(user.id)
