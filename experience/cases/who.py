"""Whose case it is: whoever looks after it sees the name, and taking it on is written down as the look that it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db
from core.sealed import Seal
from experience.cases.models import Case
from experience.insight.models import LookupReason
from experience.insight.reidentify import reidentify
from experience.record.models import Identity
from experience.record.pids import pid_of
from portal.account.models import Member


def see_who(case: Case, by_user_id: int, seal: Seal, now: datetime) -> None:
    """Write down that this colleague sees from now on who the member is. Raises NotYours."""
    reidentify(pid=pid_of("member", case.member_id), by_user_id=by_user_id, reason=LookupReason.ANSWER,
               words=f"case {case.id}", seal=seal, now=now)


@dataclass(frozen=True, slots=True)
class Face:
    """The member as a colleague may see them: by their random id, and by name when the case is theirs."""

    pid: UUID | None
    member: Member | None


def face_of(case: Case, by_user_id: int) -> Face:
    """Whose case it is, for this colleague. Looking makes no identity."""
    pid = db.session.scalar(select(Identity.pid).where(Identity.kind == "member", Identity.ref == case.member_id))
    return Face(pid, db.session.get(Member, case.member_id) if case.owner_id == by_user_id else None)
