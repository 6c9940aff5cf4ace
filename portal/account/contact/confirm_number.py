"""Giving a number: a code is texted to it, and typing that code in confirms it.

A number is texted so many codes a day, whoever asks. Whoever asks after that gets no other, and types in any of those that
came: so nobody's phone is flooded, and strangers who ask for codes keep nobody from confirming a number that is theirs.
What they type in is counted for the number, whoever types: many accounts may guess no more often than few.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.database import db, take_turns, transaction
from core.ids import random_id
from core.outbox import post
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import aside, observe
from fleet.tariffs.in_force import policies_at
from portal.account.contact.choose import hold_choices, keep
from portal.account.contact.code import is_code
from portal.account.contact.errors import CodeIsOver, CodeJustSent, TooManyCodes, TooManyGuesses, WrongCode
from portal.account.contact.in_force import choices_of
from portal.account.contact.models import PhoneNumber
from portal.account.contact.number import (
    DAY,
    guessed_enough,
    had_enough,
    job_of,
    number_of,
    texted_lately,
    waiting_number,
)
from portal.account.contact.rules import Channel, Purpose
from portal.account.models import Member

PAUSE = timedelta(seconds=60)  # between two codes
TEXTS = frozenset({(purpose, Channel.SMS) for purpose in Purpose})


def ask_for_code(*, member: Member, number: str, now: datetime) -> PhoneNumber:
    """Have a code texted to a number (E.164), unless the number had enough. Raises CodeJustSent, and TooManyCodes for the
    member's day."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member) as seen, transaction():
        hold_choices(member.id)
        take_turns(f"codes to {number}")
        rules, wall = policies_at(now), wall_now()
        last = waiting_number(member.id)
        if last is not None and last.asked_at > wall - PAUSE:
            raise CodeJustSent(last.asked_at + PAUSE - wall)
        asked = select(func.count()).select_from(PhoneNumber).where(
            PhoneNumber.member_id == member.id, PhoneNumber.asked_at > wall - DAY)
        if (db.session.scalar(asked) or 0) >= rules["phone_codes"].value:
            raise TooManyCodes()
        enough = had_enough(number, member.id, now)
        if last is not None:
            last.removed_at = wall
        row = PhoneNumber(id=random_id(), member_id=member.id, number=number, asked_at=wall, tries=0,
                          code_until=wall + timedelta(minutes=rules["phone_code"].value))
        db.session.add(row)
        if not enough:
            post("phone_code", member_id=member.id, due=now, once=job_of(row.id), number_id=str(row.id))
        seen.was_repeated()  # half of it: the step has succeeded once the code is typed in
    return row


def confirm_number(*, member: Member, code: str, secret: str, now: datetime) -> None:
    """Take the number for theirs and text it what is urgent. Raises CodeIsOver (too late, or too often wrong), WrongCode, and
    TooManyGuesses when nobody may guess for this number today."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member):
        with aside(), transaction():  # a wrong try counts whatever becomes of the rest
            row = _try_once(member, now)
        good = [row.id] if row.sent_at is not None else [row.id, *texted_lately(row.number)]
        if not any([is_code(code.strip().replace(" ", ""), each, secret) for each in good]):  # a list: all are looked at
            raise WrongCode()
        with transaction():
            hold_choices(member.id)
            before = number_of(member.id)
            if before is not None:
                before.removed_at = wall_now()
                db.session.flush()
            row.verified_at = wall_now()
            db.session.get_one(Member, member.id).phone = row.number
            chosen = choices_of(member.id, now)
            urgent = (Purpose.SERVICE, Channel.SMS)
            if urgent not in chosen.ways:
                keep(member.id, chosen.with_ways([urgent]), "number", now)


def _try_once(member: Member, now: datetime) -> PhoneNumber:
    hold_choices(member.id)
    row = waiting_number(member.id)
    if row is None or row.code_until <= wall_now() or row.tries >= policies_at(now)["phone_code_tries"].value:
        raise CodeIsOver()
    if row.sent_at is None:
        take_turns(f"codes to {row.number}")
        if guessed_enough(row.number, now):
            raise TooManyGuesses()
    row.tries += 1
    return row


def forget_number(*, member: Member, now: datetime) -> None:
    """Text no more: the number goes, and with it every choice of text messages."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member) as seen, transaction():
        hold_choices(member.id)
        rows = [row for row in (number_of(member.id), waiting_number(member.id)) if row is not None]
        if not rows:
            seen.was_repeated()
        for row in rows:
            row.removed_at = wall_now()
            if row.verified_at is not None:
                db.session.get_one(Member, member.id).phone = None
        chosen = choices_of(member.id, now)
        if chosen.ways & TEXTS:
            keep(member.id, chosen.without(TEXTS), "number", now)
