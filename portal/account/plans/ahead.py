"""What is ahead or goes on of a membership, and its end when somebody leaves."""

from datetime import datetime

from sqlalchemy import select, update

from core.database import db
from portal.account.plans.models import EndedBy, Pause, PlanChange

_AHEAD = PlanChange.undone_at.is_(None), PlanChange.counted_at.is_(None)


def change_ahead_of(member_id: int) -> PlanChange | None:
    """The change of plan that has been asked for and does not count yet."""
    return db.session.scalar(select(PlanChange).where(PlanChange.member_id == member_id, *_AHEAD))


def pause_of(member_id: int) -> Pause | None:
    """The pause that goes on."""
    return db.session.scalar(select(Pause).where(Pause.member_id == member_id, Pause.ended_at.is_(None)))


def drop_with_membership(member_id: int, now: datetime) -> None:
    """Whoever leaves changes no plan any more and pauses no longer; within the open transaction."""
    db.session.execute(update(PlanChange).where(PlanChange.member_id == member_id, *_AHEAD).values(undone_at=now))
    db.session.execute(update(Pause).where(Pause.member_id == member_id, Pause.ended_at.is_(None)).values(
        ended_at=now, ended_by=EndedBy.LEAVING))
