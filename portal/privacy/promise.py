"""The promise behind each wish about one's data: it is done within the days that the law gives, or somebody is alarmed."""

from datetime import datetime, timedelta

from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.settle import settle
from portal.account.models import User
from portal.privacy.models import DataExport, Erasure

DAY = timedelta(days=1)
WITHIN = (KINDS[PromiseKind.DATA].expected or 0) * DAY


def promise_done(user: User, wish: DataExport | Erasure) -> None:
    """Promise a member that it is done in time, within the open transaction. To others nothing is minted: the ledger is of
    members; what stands still is said aloud in the log for all (`go_on.py`)."""
    if user.member is not None:
        mint(member_id=user.member.id, subject=about(wish), at=wish.asked_at,
             promised=[Promised(PromiseKind.DATA, wish.asked_at + WITHIN)])


def settle_done(wish: DataExport | Erasure, at: datetime) -> None:
    """It is done now, in time or not, within the open transaction."""
    in_time = at <= wish.asked_at + WITHIN
    settle(kind=PromiseKind.DATA, outcome=Outcome.KEPT if in_time else Outcome.BROKEN, at=at, subject=about(wish),
           actual=round((at - wish.asked_at) / DAY, 2), cause=None if in_time else Cause.STAFF,
           evidence={"done_at": at.isoformat()})


def waive_called_off(erasure: Erasure, at: datetime) -> None:
    """They want it no more."""
    settle(kind=PromiseKind.DATA, outcome=Outcome.WAIVED, at=at, subject=about(erasure), cause=Cause.MEMBER,
           evidence={"called_off": True})


def about(wish: DataExport | Erasure) -> str:
    """What its promise is about."""
    return f"{'export' if isinstance(wish, DataExport) else 'erasure'}:{wish.id}"
