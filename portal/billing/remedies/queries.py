"""What was given for broken promises."""

from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from core.money import Money
from portal.billing.remedies.models import Remedy


def given_for_broken(member_id: int, since: datetime, until: datetime) -> Money:
    """The sum of a member's remedies in that time: credit, which pays bills and takes nothing off what they cost."""
    return Money(int(db.session.scalar(select(func.coalesce(func.sum(Remedy.amount_cents), 0)).where(
        Remedy.member_id == member_id, Remedy.given_at >= since, Remedy.given_at <= until)) or 0))
