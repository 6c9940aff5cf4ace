"""The choices in force now, or at a moment."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from experience.asks.around import NewsChoice
from fleet.tariffs.in_force import policies_at
from portal.account.contact.models import ContactChoice
from portal.account.contact.rules import FIRST, Channel, Choices, Purpose
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


def news_choice(member_id: int, at: datetime) -> NewsChoice:
    """Whether a member lets us write news to them by any way, and until when their quiet hours last, for the ask gate."""
    return _news_of(choices_of(member_id, at), at)


def news_choices(member_ids: Collection[int], at: datetime) -> dict[int, NewsChoice]:
    """The same of many members, in one read."""
    newest = (select(ContactChoice.member_id, func.max(ContactChoice.version).label("version"))
              .where(ContactChoice.member_id.in_(member_ids)).group_by(ContactChoice.member_id).subquery())
    said = db.session.scalars(select(ContactChoice).join(newest, (newest.c.member_id == ContactChoice.member_id) & (
        newest.c.version == ContactChoice.version)))
    first = _news_of(unsaid(at), at)
    return dict.fromkeys(member_ids, first) | {row.member_id: _news_of(row.choices, at) for row in said}


def _news_of(choices: Choices, at: datetime) -> NewsChoice:
    wanted = any(choices.allow(Purpose.NEWS, channel) for channel in Channel)
    return NewsChoice(wanted, choices.morning_after(at) if choices.quiet_at(at) else None)


def versions_of(member_id: int) -> list[ContactChoice]:
    """Every version, newest first."""
    return list(db.session.scalars(
        select(ContactChoice).where(ContactChoice.member_id == member_id).order_by(ContactChoice.version.desc())))
