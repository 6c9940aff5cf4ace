"""Requests for the reduced tier, in one line by their clock."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from core.database import db
from portal.account.models import Member, User
from portal.account.tier.models import TierRequest, TierState
from portal.web.listing import Asked
from portal.web.next_in_line import next_in_line

Who, Holder, Decider = aliased(User), aliased(User), aliased(User)
R = TierRequest
_WAITS = R.state == TierState.WAITING


@dataclass(frozen=True)
class TierRequests(Asked):
    """Every request with whose it is and who has it on the desk; what waits unless asked otherwise."""

    show: str = "waiting"
    now: datetime = field(kw_only=True)
    user_id: int = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"now", "user_id"})
    SHOWS: ClassVar = {
        "waiting": lambda _asked: _WAITS,
        "overdue": lambda asked: _WAITS & (R.due_at <= asked.now),
        "mine": lambda asked: _WAITS & (R.taken_by_id == asked.user_id),
        "decided": lambda _asked: R.decided_by_id.is_not(None),
        "all": lambda _asked: R.id.is_not(None),
    }
    USUAL: ClassVar = "due"
    SORTS: ClassVar = {"due": [R.due_at, R.id], "since": [R.asked_at, R.id], "who": [Who.name, R.id],
                       "desk": [Holder.name, R.due_at, R.id], "decided": [R.decided_at, R.id]}

    def rows(self) -> Select[*tuple[Any, ...]]:
        return (select(R.id, R.benefit, R.state, R.asked_at, R.due_at, R.decided_at, R.counts_until, R.reason,
                       Who.name.label("who"), Holder.name.label("holder"), Decider.name.label("decider"))
                .join(Member, Member.id == R.member_id).join(Who, Who.id == Member.user_id)
                .outerjoin(Holder, Holder.id == R.taken_by_id).outerjoin(Decider, Decider.id == R.decided_by_id))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(or_(Who.name.icontains(self.q, autoescape=True), Who.email.icontains(self.q, autoescape=True)))
        return found


def next_request(user_id: int, *, after: UUID | None = None) -> UUID | None:
    """What to decide next: mine before nobody's, by the clock; never one's own."""
    own = select(Member.id).where(Member.user_id == user_id)
    waiting = [_WAITS, or_(R.taken_by_id == user_id, R.taken_by_id.is_(None)), R.member_id.not_in(own)]
    found: UUID | None = next_in_line(R.id, waiting, [R.taken_by_id.is_(None), R.due_at, R.id], after=after)
    return found


def tiers_waiting() -> int:
    """How many wait for a reviewer, beside the name of their list."""
    return db.session.scalar(select(func.count()).select_from(R).where(_WAITS)) or 0
