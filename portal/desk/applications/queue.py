"""What waits for a reviewer: applications, appeals against refusals, and licences shown again, in one line by their clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from core.database import db
from portal.account.models import Member, MemberStatus, User
from portal.licence.models import Licence, LicenceStatus
from portal.signup.models import Application, State
from portal.web.listing import Asked
from portal.web.next_in_line import next_in_line

FOR_THE_RULES = timedelta(minutes=10)  # so long a rule may take to decide; what it leaves is a person's


class Kind(StrEnum):
    """What is to be decided."""

    APPLICATION = "application"
    APPEAL = "appeal"
    LICENCE = "licence"  # of a member: a new one, or the same once more


Who, Holder, Decider = aliased(User), aliased(User), aliased(User)
_APPLICATIONS = select(
    cast(case((Application.appealed_at.is_not(None), Kind.APPEAL.value), else_=Kind.APPLICATION.value), String).label("kind"),
    Application.id.label("id"), Application.member_id.label("member_id"), Application.state.label("state"),
    func.coalesce(Application.appealed_at, Application.submitted_at, type_=Application.submitted_at.type).label("since"),
    Application.due_at.label("due_at"), Application.taken_by_id.label("taken_by_id"), Application.doubts.label("why"),
    Application.decided_at.label("decided_at"), Application.decided_by_id.label("decided_by_id"),
    Application.first_decided_by_id.label("barred_id"), Application.reasons.label("reasons"),
).where(Application.submitted_at.is_not(None), Application.state.in_([
    State.SUBMITTED.value, State.APPROVED.value, State.REFUSED.value]),
        or_(Application.state != State.SUBMITTED.value, Application.member_id.in_(
            select(Member.id).where(Member.status == MemberStatus.APPLICANT.value))))  # nobody decides about who has gone
_LICENCES = select(
    cast(literal(Kind.LICENCE.value), String), Licence.id, Licence.member_id,
    cast(case((Licence.status == LicenceStatus.PENDING, State.SUBMITTED.value),
              (Licence.status == LicenceStatus.REFUSED, State.REFUSED.value), else_=State.APPROVED.value), String),
    Licence.submitted_at, Licence.due_at, Licence.taken_by_id, Licence.reasons, Licence.decided_at, Licence.decided_by_id,
    cast(null(), Integer), cast(literal("[]"), JSON),
).where(Licence.due_at.is_not(None), Licence.status != LicenceStatus.DRAFT)
matters = union_all(_APPLICATIONS, _LICENCES).subquery("matters")
M = matters.c

_IS_OPEN = M.state == State.SUBMITTED.value


def _waits(at: datetime) -> ColumnElement[bool]:
    """Nobody has decided it, and no rule is about to."""
    return and_(_IS_OPEN, or_(cast(M.why, String) != "[]", M.since <= at - FOR_THE_RULES))


@dataclass(frozen=True)
class Matters(Asked):
    """Everything to decide or decided, with whose it is and who has it on the desk; what waits unless asked otherwise."""

    show: str = "waiting"
    kind: str = ""
    now: datetime = field(kw_only=True)
    user_id: int = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"now", "user_id"})
    SHOWS: ClassVar = {
        "waiting": lambda asked: _waits(asked.now),
        "overdue": lambda asked: _waits(asked.now) & (M.due_at <= asked.now),
        "mine": lambda asked: _IS_OPEN & (M.taken_by_id == asked.user_id),
        "nobody": lambda asked: _waits(asked.now) & M.taken_by_id.is_(None),
        "decided": lambda asked: M.decided_at.is_not(None),
        "by_me": lambda asked: M.decided_by_id == asked.user_id,
        "all": lambda asked: M.id.is_not(None),
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {
        "due": [M.due_at, M.id], "since": [M.since, M.id], "who": [Who.name, M.id], "kind": [M.kind, M.due_at, M.id],
        "desk": [Holder.name, M.due_at, M.id], "decided": [M.decided_at, M.id],
    }

    def rows(self) -> Select[Any]:
        return (select(*M, Who.name.label("who"), Holder.name.label("holder"), Decider.name.label("decider"))
                .join(Member, Member.id == M.member_id).join(Who, Who.id == Member.user_id)
                .outerjoin(Holder, Holder.id == M.taken_by_id).outerjoin(Decider, Decider.id == M.decided_by_id))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.kind in set(Kind):
            found.append(M.kind == self.kind)
        if self.q:
            found.append(or_(Who.name.icontains(self.q, autoescape=True), Who.email.icontains(self.q, autoescape=True)))
        return found


def next_matter(user_id: int, now: datetime, *, after: UUID | None = None) -> UUID | None:
    """What to decide next: mine before nobody's, by the clock; never an appeal against one's own decision, nor one's own."""
    own = select(Member.id).where(Member.user_id == user_id)
    waiting = [_waits(now), or_(M.taken_by_id == user_id, M.taken_by_id.is_(None)),
               or_(M.barred_id.is_(None), M.barred_id != user_id), M.member_id.not_in(own)]
    found: UUID | None = next_in_line(M.id, waiting, [M.taken_by_id.is_(None), M.due_at, M.id], after=after)
    return found


def waiting_count(now: datetime) -> int:
    """How many wait for a reviewer."""
    return db.session.scalar(select(func.count()).select_from(matters).where(_waits(now))) or 0
