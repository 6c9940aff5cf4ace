"""Taking one's trips out of one's own calendar."""

from sqlalchemy import delete

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from reservations.feed.models import CalendarFeed
from reservations.feed.queries import hold_feed


def end_feed(*, member: Member) -> None:
    """Switch the calendar off: its address opens nothing any more. Twice changes nothing."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        hold_feed(member.id)
        ended = db.session.scalar(delete(CalendarFeed).where(CalendarFeed.member_id == member.id).returning(
            CalendarFeed.member_id))
        if ended is None:
            seen.was_repeated()
