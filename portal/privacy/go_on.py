"""Erasures that stand still are taken up again: a job that failed too often is posted anew, and said aloud in the log."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import is_waiting, post
from portal.privacy.erase import hand_on
from portal.privacy.models import OPEN, Erasure, ErasureState
from portal.privacy.register import HOLDERS

log = structlog.get_logger()

STILL = timedelta(hours=1)  # an erasure takes seconds


def go_on_with_erasures(now: datetime) -> int:
    """Post the job at which each erasure stopped, for those that are an hour late and have none waiting. Returns how many."""
    late = db.session.scalars(select(Erasure).where(Erasure.state.in_(OPEN), Erasure.due_at < now - STILL)).all()
    return sum(_goes_on(erasure, now) for erasure in late)


def _goes_on(erasure: Erasure, now: datetime) -> bool:
    again = f"-again-{now:%Y%m%d%H%M}"
    with transaction():
        if is_waiting(f"erase-{erasure.id}"):
            return False
        if erasure.state == ErasureState.ASKED:
            at = "begin"
            post("erase", once=f"erase-{erasure.id}{again}", erasure_id=str(erasure.id))
        else:
            holder = next(holder for holder in HOLDERS if holder.name not in erasure.erased)
            at = holder.name
            hand_on(erasure.id, holder, again=again)
        log.error("an erasure stands still", erasure=str(erasure.id), at=at)
    return True
