"""Putting one's trips into one's own calendar: a secret address, and another one when it has become known, or may have."""

import secrets
from datetime import datetime

from sqlalchemy import delete

from core.database import db, transaction
from core.outbox import Job
from core.sealed import Seal
from core.time import now as service_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from reservations.feed.models import CalendarFeed
from reservations.feed.queries import feed_of, hash_of, hold_feed


def start_feed(*, member: Member, seal: Seal, now: datetime) -> str:
    """Give the member's calendar a new address and return its secret. The address before it opens nothing any more, and the
    new one rings as that did."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        hold_feed(member.id)
        return _another_secret(member.id, seal, now)


def renew_feed(job: Job, seal: Seal) -> None:
    """Handle `feed_renew`: somebody else was in this account and may have read the address, so it opens nothing more."""
    assert job.member_id is not None
    with transaction():
        hold_feed(job.member_id)
        if feed_of(job.member_id) is not None:
            _another_secret(job.member_id, seal, service_now())


def _another_secret(member_id: int, seal: Seal, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    rings = db.session.scalar(delete(CalendarFeed).where(CalendarFeed.member_id == member_id).returning(
        CalendarFeed.alarm_minutes))
    db.session.add(CalendarFeed(member_id=member_id, secret_hash=hash_of(secret), secret_sealed=seal.close(secret),
                                alarm_minutes=rings, since=now))
    return secret
