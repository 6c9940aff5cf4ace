"""The promise behind each wish about one's data: it is done within the days that the law gives, or somebody is alarmed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind, State
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle, settle_one
from portal.account.models import User
from portal.privacy.models import DataExport, Erasure

DAY = timedelta(days=1)
WITHIN = (KINDS[PromiseKind.DATA].expected or 0) * DAY


def promise_done(user: User, wish: DataExport | Erasure, at: datetime) -> None:
    """Promise a member that it is done in time from now on, within the open transaction; one that is open already counts on.
    To others nothing is minted: the ledger is of members; what stands still is said aloud in the log for all (`go_on.py`)."""
    if user.member is not None:
        mint(member_id=user.member.id, subject=about(user, wish), at=at, promised=[Promised(PromiseKind.DATA, at + WITHIN)])


def settle_done(user: User, wish: DataExport | Erasure, at: datetime) -> None:
    """It is done now, in time or not, within the open transaction."""
    promise = db.session.scalar(select(Promise).where(
        Promise.kind == PromiseKind.DATA, Promise.subject == about(user, wish), Promise.state == State.OPEN))
    if promise is None or promise.due_at is None:
        return
    in_time = at <= promise.due_at
    settle_one(promise_id=promise.id, outcome=Outcome.KEPT if in_time else Outcome.BROKEN, at=at,
               actual=round((at - promise.minted_at) / DAY, 2), cause=None if in_time else Cause.STAFF,
               evidence={"done_at": at.isoformat()})


def waive_withdrawn(user: User, erasure: Erasure, at: datetime) -> None:
    """They want it no more."""
    _waive(user, erasure, at, withdrawn=True)


def waive_waiting(user: User, erasure: Erasure, at: datetime) -> None:
    """Something of theirs came into the way: it is promised anew once that is over. Called again it changes nothing."""
    _waive(user, erasure, at, waits=True)


def _waive(user: User, erasure: Erasure, at: datetime, **evidence: Any) -> None:
    settle(kind=PromiseKind.DATA, outcome=Outcome.WAIVED, at=at, subject=about(user, erasure), cause=Cause.MEMBER,
           evidence=evidence)


def about(user: User, wish: DataExport | Erasure) -> str:
    """What its promise is about: whose wish, never which one. The promise stays with the member's number when the rest is
    erased, and must not lead to the number of the erasure and its receipt. Of each kind one at most is open."""
    return f"{'export' if isinstance(wish, DataExport) else 'erasure'}-of:{user.id}"
