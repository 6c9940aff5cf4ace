"""The choices in force now, or at a moment."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from fleet.tariffs.in_force import policies_at
from portal.account.contact.models import ContactChoice
from portal.account.contact.rules import FIRST, Choices
from portal.web.say import CITY_ZONE


def choices_of(member_id: int, at: datetime) -> Choices:
    """What counts for this member now. `at` is for whoever has chosen nothing: the quiet hours of the rules at that moment."""
    newest = db.session.scalars(select(ContactChoice).where(ContactChoice.member_id == member_id).order_by(
        ContactChoice.version.desc()).limit(1)).first()
    return newest.choices if newest is not None else unsaid(at)


def unsaid(at: datetime) -> Choices:
    """What counts for a member who has chosen nothing; they are taken to live where the cars are."""
    rules = policies_at(at)
    return Choices(0, FIRST, rules["quiet_from"].value, rules["quiet_until"].value, CITY_ZONE)


def versions_of(member_id: int) -> list[ContactChoice]:
    """Every version, newest first."""
    return list(db.session.scalars(
        select(ContactChoice).where(ContactChoice.member_id == member_id).order_by(ContactChoice.version.desc())))
