"""What credit a payer has."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from portal.billing.credits.models import Credit


def usable(payer_id: int, now: datetime) -> list[Credit]:
    """Grants with something left that have not ended, in the order in which they are used: what ends first goes first."""
    return list(db.session.scalars(
        select(Credit).where(Credit.payer_id == payer_id, Credit.left_cents > 0, Credit.ends_at > now)
        .order_by(Credit.ends_at, Credit.id)))
