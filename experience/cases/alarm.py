"""Who owns a case that is past its clock hears of it once; a case that is nobody's alarms the whole team."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from experience.cases.change import TEAM, enter
from experience.cases.models import Act, Case, State
from portal.account.models import User, UserRole

BATCH = 100


def alarm_overdue(now: datetime) -> int:
    """Alarm for each case that is past its date and whose owner was not told yet; returns how many."""
    late = (select(Case).where(Case.state != State.CLOSED, Case.due_at <= now, Case.alarmed_at.is_(None))
            .order_by(Case.due_at).limit(BATCH))
    if db.session.scalar(late.with_only_columns(Case.id).limit(1)) is None:
        return 0  # nothing to alarm takes no write lock
    with transaction():
        found = db.session.scalars(late.with_for_update(skip_locked=True)).all()
        for case in found:
            case.alarmed_at = now
            enter(case, Act.OVERDUE, now=now)
            case.version -= 1  # nobody acted: whoever is writing an answer just now goes on undisturbed
            for user_id in [case.owner_id] if case.owner_id is not None else team():
                post("case_overdue", due=now, once=f"case_overdue-{case.id}-{user_id}-{case.due_at.isoformat()}",
                     case_id=str(case.id), user_id=user_id)
        db.session.flush()
    return len(found)


def team() -> list[int]:
    """The users who work on cases."""
    return list(db.session.scalars(
        select(User.id).join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role.in_(TEAM), User.disabled_at.is_(None)).distinct().order_by(User.id)))
