"""Who of the team looks after a step."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from core.audit import audit
from core.database import db, transaction
from core.refusal import NotFound
from experience.insight.models import StepOwner
from experience.journey import Step
from portal.account.models import Role, User, UserRole


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody, and since when the step is theirs."""

    user_id: int
    name: str
    since: datetime


def owner_of(step: Step) -> Owner | None:
    """Who looks after the step, if anybody."""
    row = db.session.execute(select(User.id, User.name, StepOwner.since).join(StepOwner, StepOwner.user_id == User.id)
                             .where(StepOwner.step == str(step))).first()
    return Owner(*row) if row else None


def own_step(*, step: Step, user_id: int | None, now: datetime) -> None:
    """Give the step to somebody of the CX team, or to nobody. Raises NotFound for anybody else."""
    with transaction():
        before = owner_of(step)
        if (before.user_id if before else None) == user_id:
            return
        db.session.execute(delete(StepOwner).where(StepOwner.step == str(step)))
        if user_id is not None:
            of_team = db.session.scalar(select(UserRole.user_id).where(
                UserRole.user_id == user_id, UserRole.role.in_([str(Role.CX), str(Role.ADMIN)])).limit(1))
            if of_team is None:
                raise NotFound(user_id=user_id)
            db.session.add(StepOwner(step=str(step), user_id=user_id, since=now))
        else:
            audit(f"step_owners/{step}", before={"user_id": before.user_id if before else None}, after={"user_id": None})
