"""Putting one's trips into one's own calendar: a secret address, and another one when it has become known."""

import secrets
from datetime import datetime

from sqlalchemy import delete

from core.database import db, transaction
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from reservations.feed.models import CalendarFeed
from reservations.feed.queries import hash_of, hold_feed


def start_feed(*, member: Member, seal: Seal, now: datetime) -> str:
    """Give the member's calendar a new address and return its secret. The address before it opens nothing any more, and the
    new one rings as that did."""
    secret = secrets.token_urlsafe(32)
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        hold_feed(member.id)
        rings = db.session.scalar(delete(CalendarFeed).where(CalendarFeed.member_id == member.id).returning(
            CalendarFeed.alarm_minutes))
        db.session.add(CalendarFeed(member_id=member.id, secret_hash=hash_of(secret), secret_sealed=seal.close(secret),
                                    alarm_minutes=rings, since=now))
    return secret
