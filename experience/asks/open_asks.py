"""What stands open for a member: questions that they may see on their pages or have in their mail."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from experience.asks.models import AskRow, AskState


def open_asks(member_id: int, now: datetime) -> list[AskRow]:
    """The member's questions that are neither answered nor dismissed nor over, oldest first."""
    return list(db.session.scalars(
        select(AskRow).where(AskRow.member_id == member_id, AskRow.state.in_((AskState.OFFERED, AskState.SHOWN)),
                             AskRow.expires_at > now).order_by(AskRow.offered_at)))
