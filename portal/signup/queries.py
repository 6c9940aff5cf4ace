"""What is asked of applications: a member's own, and the reviewers' queue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from core.database import db
from core.refusal import NotFound
from portal.signup.models import STILL_GOING, Application, State


def application_of(member_id: int) -> Application | None:
    """The member's application that is going on, else the latest one."""
    return db.session.scalars(
        select(Application).where(Application.member_id == member_id)
        .order_by(Application.state.in_([each.value for each in STILL_GOING]).desc(), Application.started_at.desc())
        .limit(1)).first()


def my_application(member_id: int) -> Application:
    """The member's own. Raises NotFound when they never applied."""
    found = application_of(member_id)
    if found is None:
        raise NotFound()
    return found


def never_approved(member_id: int) -> bool:
    """Whether they applied, and no application of theirs was approved. Who never applied drove with us before people did."""
    states = db.session.scalars(select(Application.state).where(Application.member_id == member_id)).all()
    return bool(states) and State.APPROVED not in states


def application(application_id: UUID) -> Application:
    """Any application, for whoever decides. Raises NotFound."""
    found = db.session.get(Application, application_id)
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """Applications that wait for a person, the one that is due first in front. What a rule may still decide is left out for
    the first minutes by `doubts`: the job that looks at it writes them."""

    now: datetime

    def select(self) -> Select[tuple[Application]]:
        return (select(Application).where(Application.state == State.SUBMITTED.value)
                .order_by(Application.due_at, Application.id))
