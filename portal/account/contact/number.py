"""The number we text: which one counts, and how it is read and written."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from sqlalchemy import select

from core.database import db
from portal.account.contact.models import PhoneNumber

HOME_REGION = "US"  # how a number without a country code is read
REGIONS = ("US", "CA")  # where we text to; codes to the rest of the world would cost whoever's bill a thief likes
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
