"""What was given for broken promises."""

from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from core.money import Money
from portal.billing.remedies.models import Remedy, TaxiReceipt


def given_for_broken(member_id: int, since: datetime, until: datetime) -> Money:
    """The sum of a member's remedies in that time, taxis among them: credit, which pays bills and takes nothing off what
    they cost."""
    return Money(sum(int(db.session.scalar(select(func.coalesce(func.sum(given.amount_cents), 0)).where(
        given.member_id == member_id, given.given_at >= since, given.given_at <= until)) or 0)
        for given in (Remedy, TaxiReceipt)))
