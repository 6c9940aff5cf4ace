"""Giving one's details: a mail with a code goes out, and typing the code in makes the account.

Whoever asks with an address that has an account sees the same, in the same time; the mail tells its owner instead. Codes are
counted for the mail address and the place that asks: whoever asks for them with somebody else's address uses up their own. A
visit that has shown that it reads the mailbox (`mailbox.py`) is a place of its own, whatever all others have used up.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from core.database import db, rows_changed, take_turns, transaction
from core.ids import random_id
from core.outbox import post
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import aside, observe
from fleet.tariffs.in_force import policies_at
from portal.account.add_user import AddressTaken, add_member, add_user
from portal.account.contact.errors import CodeIsOver, CodeJustSent
from portal.account.models import Member, MemberStatus, Plan, User
from portal.account.passwords import hash_password
from portal.billing.referrals.join import join_with
from portal.signup.code import is_code
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.errors import TooManyMailCodes, WrongMailCode
from portal.signup.estimate import Estimate, keep_estimate, kept_estimate
from portal.signup.models import SignUp
from portal.signup.start import begin

PAUSE = timedelta(seconds=60)  # between two codes
DAY = timedelta(days=1)
ITS_OWN = "reads this mailbox"  # the place of a visit that has shown it
PLACES = 4  # as many times what one place may ask for is the most that one mailbox gets a day, whoever asks


def ask_to_sign_up(*, email: str, name: str, phone: str, password: str, answers: Answers, place: str, now: datetime,
                   friend_code: str | None = None, estimate: Estimate | None = None) -> SignUp:
    """Keep the details and have the code mailed. `place`: the network address that asks, or ITS_OWN. `friend_code`: of the
    member who told them of us. `estimate`: what the estimator said to them.

    Raises CodeJustSent and TooManyMailCodes, both for this mail address from this place; TooManyMailCodes also for a mailbox
    that gets too many from all places. Codes that were sent stay good.
    """
    email, password_hash = email.strip().lower(), hash_password(password)  # also for nothing: it takes as long
    row = SignUp(
        email=email, name=name, phone=phone, password_hash=password_hash, born_on=answers.born_on,
        held_since=answers.held_since, licence_from=answers.licence_from, violation_on=answers.violation_on,
        friend_code=friend_code)
    keep_estimate(row, estimate)
    return _keep(email, place, now, row)


def send_again(*, sign_up_id: UUID, place: str, now: datetime) -> SignUp:
    """A new code for the same details. Raises CodeIsOver when they are gone, and CodeJustSent and TooManyMailCodes as above."""
    before = db.session.get(SignUp, sign_up_id)
    if before is None or before.used_at is not None:
        raise CodeIsOver()
    return _keep(before.email, place, now, SignUp(
        email=before.email, name=before.name, phone=before.phone, password_hash=before.password_hash, born_on=before.born_on,
        held_since=before.held_since, licence_from=before.licence_from, violation_on=before.violation_on,
        friend_code=before.friend_code, estimate=before.estimate), before=before)


def _keep(email: str, place: str, now: datetime, row: SignUp, *, before: SignUp | None = None) -> SignUp:
    with transaction():
        take_turns(f"sign-up of {email}")
        rules, wall = policies_at(now), wall_now()
        most, here, own = rules["mail_codes"].value, hash_of_place(email, place), hash_of_place(email, ITS_OWN)
        of_address, from_here = SignUp.email == email, SignUp.place_hash == here
        last = db.session.scalar(select(func.max(SignUp.asked_at)).where(
            of_address, from_here, SignUp.asked_at > wall - PAUSE, SignUp.used_at.is_(None),
            SignUp.tries < rules["mail_code_tries"].value))  # one that was guessed at too often counts no more: another at once
        if last is not None:
            raise CodeJustSent(last + PAUSE - wall)
        asked = select(func.count()).select_from(SignUp).where(of_address, SignUp.asked_at > wall - DAY)
        strangers = (db.session.scalar(asked.where(SignUp.place_hash != own)) or 0) >= PLACES * most
        if (db.session.scalar(asked.where(from_here)) or 0) >= most or (strangers and here != own):
            raise TooManyMailCodes()
        if before is not None:
            before.code_until = wall
        row.id, row.asked_at, row.tries, row.place_hash = random_id(), wall, 0, here
        row.code_until = wall + timedelta(minutes=rules["mail_code"].value)
        row.known = _has_account(email)
        db.session.add(row)
        db.session.flush()
        post("sign_up_mail", due=now, once=f"sign_up-{row.id}", sign_up_id=str(row.id))
    return row


def hash_of_place(email: str, place: str) -> str:
    """Of this address only, so that nobody sees who else asked from one place."""
    return hashlib.sha256(f"{email} {place}".encode()).hexdigest()


def confirm_sign_up(*, sign_up_id: UUID, code: str, secret: str, now: datetime) -> Member:
    """The code is typed in: the account, the membership as an applicant, and the application that begins.

    Raises CodeIsOver (too late, used, or too often wrong), WrongMailCode, and AddressTaken when somebody with the same mailbox
    was faster.
    """
    with observe(Step.JOIN_APPLY) as seen:
        with aside(), transaction():  # a wrong try counts whatever becomes of the rest
            row = _try_once(sign_up_id, now)
        if not is_code(code, row.id, secret) or row.known:
            raise WrongMailCode()
        with transaction():
            take_turns(f"sign-up of {row.email}")
            db.session.refresh(row, with_for_update=True)
            if row.used_at is not None:
                raise CodeIsOver()
            if _has_account(row.email):
                raise AddressTaken()
            row.used_at = wall_now()
            user = add_user(email=row.email, name=row.name, password_hash=row.password_hash)
            member = add_member(user=user, plan=Plan.PAY_AS_YOU_GO, phone=row.phone, status=MemberStatus.APPLICANT)
            seen.member_id = member.id
            answers = Answers(row.born_on, row.held_since, LicenceFrom(row.licence_from), row.violation_on)
            begin(member=member, answers=answers, now=now, estimate=kept_estimate(row))
            join_with(row.friend_code, friend=member, now=now)
    return member


def _try_once(sign_up_id: UUID, now: datetime) -> SignUp:
    row = db.session.get(SignUp, sign_up_id, with_for_update=True, populate_existing=True)
    over = row is None or row.used_at is not None or row.code_until <= wall_now()
    if row is None or over or row.tries >= policies_at(now)["mail_code_tries"].value:
        raise CodeIsOver()
    row.tries += 1
    return row


def _has_account(email: str) -> bool:
    return db.session.scalar(select(User.id).where(User.email == email)) is not None


def forget_sign_ups(_now: datetime) -> int:
    """Details whose code was used, or is over for a day, are forgotten; how many there were."""
    old = select(SignUp.id).where(SignUp.asked_at < wall_now() - DAY - DAY)
    if db.session.execute(old.limit(1)).first() is None:
        return 0
    with transaction():
        return rows_changed(delete(SignUp).where(SignUp.asked_at < wall_now() - DAY - DAY))


def sign_up_of(sign_up_id: UUID) -> SignUp | None:
    """The sign-up, for the visit that carries its id."""
    return db.session.get(SignUp, sign_up_id)
