"""Changing one's e-mail address: the new one proves itself by a code, the old one is told and may put itself back.

Whoever asks for an address that has an account sees the same, in the same time; the mail tells its owner instead.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select

from core.database import db, rows_changed, take_turns, transaction
from core.ids import random_id
from core.outbox import post
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import aside, observe
from fleet.tariffs.in_force import policies_at
from portal.account.contact.code import is_code
from portal.account.contact.errors import CodeJustSent
from portal.account.models import User
from portal.account.profile.errors import (
    AddressGone,
    EmailCodeIsOver,
    SameAddress,
    TooManyEmailCodes,
    TooManyToMailbox,
    WrongEmailCode,
)
from portal.account.profile.models import EmailChange
from portal.account.security.models import PasswordReset
from portal.account.sessions import end_all_sessions

PAUSE = timedelta(seconds=60)  # between two codes
DAY = timedelta(days=1)
CODE = "e-mail code"


def ask_to_change_email(*, user: User, email: str, now: datetime, reads: bool = False) -> EmailChange:
    """Have a code mailed to the new address. `reads`: who asks has shown that they read its mail (`mailbox.py`), so that what
    others asked for with it keeps them from nothing.

    Raises SameAddress, CodeJustSent, TooManyEmailCodes for the user's day, and TooManyToMailbox for the address's.
    """
    email = email.strip().lower()
    with observe(Step.MANAGE_DETAILS, member=user.member) as seen, transaction():
        seen.was_repeated()  # half of it: the step has succeeded once the code is typed in
        take_turns(f"sign-up of {email}")  # as whoever joins with it
        _hold(user.id)
        rules, wall = policies_at(now), wall_now()
        if email == user.email:
            raise SameAddress()
        last = waiting_change(user.id)
        if last is not None and last.asked_at > wall - PAUSE:
            raise CodeJustSent(last.asked_at + PAUSE - wall)
        most, asked = rules["mail_codes"].value, select(func.count()).select_from(EmailChange).where(
            EmailChange.asked_at > wall - DAY)
        if (db.session.scalar(asked.where(EmailChange.user_id == user.id)) or 0) >= most:
            raise TooManyEmailCodes()
        if not reads and (db.session.scalar(asked.where(EmailChange.new_email == email)) or 0) >= most:
            raise TooManyToMailbox()
        if last is not None:
            last.code_until = wall
        row = EmailChange(id=random_id(), user_id=user.id, new_email=email, known=_is_somebodys(email, user.id), asked_at=wall,
                          code_until=wall + timedelta(minutes=rules["mail_code"].value), tries=0)
        db.session.add(row)
        post("email_code", due=now, once=f"email_code-{row.id}", change_id=str(row.id))
    return row


def confirm_email(*, user: User, code: str, secret: str, token: str, now: datetime) -> EmailChange:
    """The code is typed in: from now on the new address signs in and is written to. Every session but this one (`token`) ends,
    links for another password that were mailed to the old address open nothing more, and the old address is told.

    Raises EmailCodeIsOver (too late, or too often wrong), WrongEmailCode, and AddressGone when somebody with the same mailbox
    was faster.
    """
    with observe(Step.MANAGE_DETAILS, member=user.member):
        with aside(), transaction():  # a wrong try counts whatever becomes of the rest
            row = _try_once(user.id, now)
        if not is_code(code, row.id, secret, CODE) or row.known:
            raise WrongEmailCode()
        with transaction():
            take_turns(f"sign-up of {row.new_email}")
            kept = _hold(user.id)
            db.session.refresh(row, with_for_update=True)
            if row.confirmed_at is not None:
                raise EmailCodeIsOver()
            if _is_somebodys(row.new_email, user.id):
                raise AddressGone()
            undo_for = timedelta(days=policies_at(now)["email_change_undo"].value)
            row.confirmed_at, row.old_email, row.undo_until = wall_now(), kept.email, wall_now() + undo_for
            post("email_changed", due=now, once=f"email_changed-{row.id}", change_id=str(row.id))
            take_address(kept, row.new_email)
            end_all_sessions(kept, but=token)
    return row


def take_address(user: User, email: str) -> None:
    """The user's address from now on, at the card processor too; within the open transaction."""
    user.email = email
    db.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    if user.member is not None:
        post("customer_follows", member_id=user.member.id)
    db.session.flush()


def waiting_change(user_id: int) -> EmailChange | None:
    """The change whose code is yet to be typed in: the newest one that was asked for, while its code counts."""
    newest = db.session.scalars(select(EmailChange).where(EmailChange.user_id == user_id).order_by(
        EmailChange.asked_at.desc(), EmailChange.id.desc()).limit(1)).first()
    return newest if newest is not None and newest.confirmed_at is None and newest.code_until > wall_now() else None


def forget_email_changes(_now: datetime) -> int:
    """Wishes whose code is over, and old addresses that may no more be put back, are forgotten; how many there were."""
    old = wall_now() - DAY
    over = or_((EmailChange.confirmed_at.is_(None)) & (EmailChange.asked_at < old), EmailChange.undo_until < old)
    with transaction():
        return rows_changed(delete(EmailChange).where(over))


def _hold(user_id: int) -> User:
    """The user as they are now; nobody else changes their address until the open transaction ends."""
    return db.session.get_one(User, user_id, with_for_update={"of": User}, populate_existing=True)


def _is_somebodys(email: str, user_id: int) -> bool:
    """Whether it is another user's address, or was one and may still be put back."""
    may_return = exists().where(EmailChange.old_email == email, EmailChange.undone_at.is_(None),
                                EmailChange.undo_until > wall_now(), EmailChange.user_id != user_id)
    return bool(db.session.scalar(select(exists().where(User.email == email, User.id != user_id) | may_return)))


def _try_once(user_id: int, now: datetime) -> EmailChange:
    _hold(user_id)
    row = waiting_change(user_id)
    if row is None or row.tries >= policies_at(now)["mail_code_tries"].value:
        raise EmailCodeIsOver()
    row.tries += 1
    return row
