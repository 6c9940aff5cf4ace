"""Questions about cases: the queue, one with all that was done, and the member's others."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, or_, select
from sqlalchemy.orm import aliased

from core.database import db
from core.sealed import Seal
from experience.cases.change import TEAM
from experience.cases.digest import did, within
from experience.cases.models import Act, Case, CaseEntry, CaseReason, Rule, Severity, State
from experience.cases.rules import WORST_FIRST
from experience.cases.week import week_named
from experience.journey import Stage, Step, steps_of
from experience.record.models import Identity
from portal.account.models import User, UserRole
from portal.web.listing import Asked
from portal.web.next_in_line import next_in_line
from reservations.booking.models import Reservation

MemberPid = aliased(Identity)
WORST = case({severity.value: place for place, severity in enumerate(WORST_FIRST)}, value=Case.severity)


@dataclass(frozen=True)
class Cases(Asked):
    """Cases by their clock, the latest first; those that are open unless asked otherwise.

    `week` and `did` narrow it to what a digest counted; `q` is the reference of a trip, or how a random id begins.
    """

    show: str = "open"
    severity: str = ""
    rule: str = ""
    where: str = ""
    fix: str = ""
    week: str = ""
    did: str = ""
    user_id: int = field(default=0, kw_only=True)
    now: datetime = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"user_id", "now"})
    SHOWS: ClassVar = {
        "open": lambda asked: Case.state != State.CLOSED,
        "mine": lambda asked: (Case.state != State.CLOSED) & (Case.owner_id == asked.user_id),
        "nobody": lambda asked: (Case.state != State.CLOSED) & Case.owner_id.is_(None),
        "overdue": lambda asked: (Case.state != State.CLOSED) & (Case.due_at <= asked.now),
        "waiting": lambda asked: Case.state == State.WAITING,
        "closed": lambda asked: Case.state == State.CLOSED,
        "all": lambda asked: Case.version >= 1,
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {
        "due": [Case.due_at, Case.id], "opened": [Case.opened_at, Case.id], "severity": [WORST, Case.due_at, Case.id],
        "step": [Case.step, Case.due_at, Case.id], "owner": [User.name, Case.due_at, Case.id],
        "closed": [Case.closed_at, Case.id],
    }
    DID: ClassVar = {
        "opened": lambda week: within(Case.opened_at, week), "closed": lambda week: Case.id.in_(did(Act.CLOSED, week)),
        "overdue": lambda week: Case.id.in_(did(Act.OVERDUE, week)),
        "reopened": lambda week: Case.id.in_(did(Act.REOPENED, week)),
        "answered": lambda week: within(Case.first_reply_at, week), "ended": lambda week: within(Case.closed_at, week),
        "reason": lambda week: Case.id.in_(select(CaseReason.case_id).where(within(CaseReason.at, week))),
    }

    def rows(self) -> Select[Any]:
        return (select(Case, User.name.label("owner"), MemberPid.pid.label("pid"), Reservation.reference)
                .outerjoin(User, User.id == Case.owner_id)
                .outerjoin(MemberPid, (MemberPid.kind == "member") & (MemberPid.ref == Case.member_id))
                .outerjoin(Reservation, Reservation.id == Case.reservation_id))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.severity in set(Severity):
            found.append(Case.severity == self.severity)
        if self.rule in set(Rule):
            found.append(Case.id.in_(self._reasons(CaseReason.rule == self.rule)))
        if self.where in {*Stage, *Step}:
            steps = [str(step) for step in steps_of(Stage(self.where))] if self.where in set(Stage) else [self.where]
            found.append(or_(Case.step.in_(steps), Case.id.in_(self._reasons(CaseReason.step.in_(steps)))))
        if (fix := _uuid(self.fix)) is not None:
            found.append(Case.fix_id == fix)
        if (week := week_named(self.week)) is not None and self.did in self.DID:
            found.append(self.DID[self.did](week))
        if self.q:
            found.append(or_(Reservation.reference == self.q.lower(), MemberPid.pid == _uuid(self.q)))
        return found

    def _reasons(self, wanted: Any) -> Select[Any]:
        found = select(CaseReason.case_id).where(wanted)
        week = week_named(self.week) if self.did == "reason" else None
        return found.where(within(CaseReason.at, week)) if week is not None else found


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Done:
    """One entry of a case, its words opened."""

    entry: CaseEntry
    who: str | None
    words: str | None


def done_in(case_id: UUID, seal: Seal) -> list[Done]:
    """All that was done in a case, oldest first."""
    rows = db.session.execute(
        select(CaseEntry, User.name).outerjoin(User, User.id == CaseEntry.by_user_id)
        .where(CaseEntry.case_id == case_id).order_by(CaseEntry.id))
    return [Done(entry, name, seal.read(entry.words_sealed)) for entry, name in rows]


def reasons_of(case_id: UUID) -> list[CaseReason]:
    """Why it was opened, and what came to it, oldest first."""
    return list(db.session.scalars(select(CaseReason).where(CaseReason.case_id == case_id).order_by(CaseReason.id)))


def others_of(found: Case) -> list[Case]:
    """The member's other cases, newest first."""
    return list(db.session.scalars(
        select(Case).where(Case.member_id == found.member_id, Case.id != found.id).order_by(Case.opened_at.desc()).limit(10)))


def colleagues() -> list[tuple[int, str]]:
    """Who works on cases, by name."""
    rows = db.session.execute(
        select(User.id, User.name).join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role.in_(TEAM), User.disabled_at.is_(None)).distinct().order_by(User.name))
    return [(user_id, name) for user_id, name in rows]


def next_case(user_id: int, *, after: UUID | None = None, of: Collection[int] | None = None) -> UUID | None:
    """The case to work on next: mine before nobody's, the one whose clock runs out first; with `of` these members' only."""
    waiting = [Case.state.in_((State.NEW, State.OPEN)), or_(Case.owner_id == user_id, Case.owner_id.is_(None))]
    if of is not None:
        waiting.append(Case.member_id.in_(of))
    found: UUID | None = next_in_line(
        Case.id, waiting, [case((Case.owner_id == user_id, 0), else_=1), Case.due_at, Case.id], after=after)
    return found


def case_of_conversation(conversation_id: UUID) -> Case | None:
    """The case that was opened from a conversation or is talked about in it, an open one first."""
    opened = select(CaseReason.case_id).where(CaseReason.about == f"conversation:{conversation_id}")
    return db.session.scalar(
        select(Case).where(or_(Case.conversation_id == conversation_id, Case.id.in_(opened)))
        .order_by(case((Case.state == State.CLOSED, 1), else_=0), Case.opened_at.desc()).limit(1))


def pid_of_trip(reservation_id: int | None) -> UUID | None:
    """The random id of a trip, if it has one yet."""
    if reservation_id is None:
        return None
    return db.session.scalar(select(Identity.pid).where(Identity.kind == "trip", Identity.ref == reservation_id))
