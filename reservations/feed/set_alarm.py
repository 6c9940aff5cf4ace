"""Choosing when one's calendar rings before a trip."""

from core.database import db, transaction
from core.refusal import NotFound
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from reservations.feed.models import CalendarFeed
from reservations.feed.queries import hold_feed


def set_alarm(*, member: Member, alarm_minutes: int | None) -> None:
    """Have the calendar ring so many minutes before each trip, or not at all. Raises NotFound while it is off."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        hold_feed(member.id)
        feed = db.session.get(CalendarFeed, member.id)
        if feed is None:
            raise NotFound()
        if feed.alarm_minutes == alarm_minutes:
            seen.was_repeated()
        feed.alarm_minutes = alarm_minutes
