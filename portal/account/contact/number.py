"""The number we text: which one counts, how it is read and written, and how often codes go to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from sqlalchemy import func, select

from core.database import db
from core.outbox import posted_of, was_posted
from core.time import wall_now
from fleet.tariffs.in_force import policies_at
from portal.account.contact.models import PhoneNumber

HOME_REGION = "US"  # how a number without a country code is read
REGIONS = ("US", "CA")  # where we text to; codes to the rest of the world would cost whoever's bill a thief likes
DAY = timedelta(days=1)
TEXTED = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER)


class NoNumber(ValueError):
    """What was typed is no number that we text to."""


def read_number(typed: str) -> str:
    """The number in E.164. Raises NoNumber."""
    try:
        number = phonenumbers.parse(typed, HOME_REGION)
    except NumberParseException as error:
        raise NoNumber from error
    if (number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in TEXTED
            or phonenumbers.region_code_for_number(number) not in REGIONS):
        raise NoNumber
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def written(number: str) -> str:
    """As people write it: "(312) 555-0123", or with its country code when it is from elsewhere."""
    read = phonenumbers.parse(number, None)
    home = read.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    return str(phonenumbers.format_number(read, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL))


def number_of(member_id: int) -> PhoneNumber | None:
    """The confirmed number of a member."""
    return db.session.scalars(select(PhoneNumber).where(
        PhoneNumber.member_id == member_id, PhoneNumber.verified_at.is_not(None), PhoneNumber.removed_at.is_(None))).first()


def waiting_number(member_id: int) -> PhoneNumber | None:
    """The number whose code is yet to be typed in: the newest one that was asked for."""
    newest = db.session.scalars(select(PhoneNumber).where(PhoneNumber.member_id == member_id).order_by(
        PhoneNumber.asked_at.desc(), PhoneNumber.id.desc()).limit(1)).first()
    return newest if newest is not None and newest.verified_at is None and newest.removed_at is None else None


def job_of(row_id: UUID) -> str:
    """The `once` of the job that texts this row's code; a wish that is held back has none."""
    return f"phone_code-{row_id}"


def had_enough(number: str, member_id: int, at: datetime) -> bool:
    """Whether as many codes as a day may have went to the number, so that none more is texted for this member. One who has
    confirmed it before is kept back by nobody's but their own. What may still be texted, however late, counts as if it were."""
    proven = select(PhoneNumber.id).where(
        PhoneNumber.number == number, PhoneNumber.member_id == member_id, PhoneNumber.verified_at.is_not(None)).limit(1)
    if db.session.scalar(proven) is not None:
        return False
    wall, to_it = wall_now(), PhoneNumber.number == number
    texted = db.session.scalar(select(func.count()).select_from(PhoneNumber).where(to_it, PhoneNumber.sent_at > wall - DAY))
    waiting = db.session.scalars(select(PhoneNumber.id).where(
        to_it, PhoneNumber.sent_at.is_(None), PhoneNumber.refused_at.is_(None), PhoneNumber.code_until > wall)).all()
    on_their_way = posted_of([job_of(each) for each in waiting]) if waiting else 0
    return (texted or 0) + on_their_way >= policies_at(at)["phone_codes"].value


def guessed_enough(number: str, at: datetime) -> bool:
    """Whether those who got no code of their own have typed in as many for this number in a day as those who did may. Each who
    got one has the tries of that code, and so has whoever confirmed the number before, for they always get one."""
    tries = db.session.scalar(select(func.sum(PhoneNumber.tries)).where(
        PhoneNumber.number == number, PhoneNumber.sent_at.is_(None), PhoneNumber.asked_at > wall_now() - DAY))
    rules = policies_at(at)
    return (tries or 0) >= rules["phone_codes"].value * rules["phone_code_tries"].value


def texted_lately(number: str) -> Sequence[UUID]:
    """The rows whose codes were texted to the number within a day, whoever asked: each shows that one holds the phone."""
    return db.session.scalars(select(PhoneNumber.id).where(
        PhoneNumber.number == number, PhoneNumber.sent_at > wall_now() - DAY)).all()


def is_held_back(row: PhoneNumber) -> bool:
    """Whether no code comes for this wish, because the number had enough of others'."""
    return row.sent_at is None and row.refused_at is None and not was_posted(job_of(row.id))
