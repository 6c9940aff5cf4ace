"""What waiting promises: to hear of a car within a minute of its time becoming free."""

from datetime import datetime

from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.mint import Promised, mint
from experience.promises.settle import settle
from reservations.waitlist.models import Wait, WaitOffer

SECONDS = 60


def subject_of(wait: Wait) -> str:
    """What the promise is about, as the ledger names it."""
    return f"wait:{wait.id}"


def promise_to_tell(wait: Wait, now: datetime) -> None:
    """Mint it within the open transaction. The letter with an offer settles it (portal/messages/promised.py); who goes on
    waiting after an offer is promised the same again.
    """
    mint(member_id=wait.member_id, promised=[Promised(PromiseKind.TOLD_FREE)], subject=subject_of(wait), at=now)


def heard_of_it(wait: Wait, offer: WaitOffer, now: datetime) -> None:
    """The member has answered an offer before its letter went: they had heard of it by then."""
    took = round((now - offer.freed_at).total_seconds(), 1)
    in_time = took <= SECONDS
    settle(kind=PromiseKind.TOLD_FREE, outcome=Outcome.KEPT if in_time else Outcome.WAIVED, at=now, subject=subject_of(wait),
           actual=took, cause=None if in_time else Cause.NO_EVIDENCE, evidence={"offer": str(offer.id), "by": "answer"})


def never_heard_of_it(wait: Wait, offer: WaitOffer, now: datetime) -> None:
    """An offer is over and no letter went."""
    settle(kind=PromiseKind.TOLD_FREE, outcome=Outcome.BROKEN, at=now, subject=subject_of(wait), cause=Cause.MAIL,
           evidence={"offer": str(offer.id), "by": "clock"})


def nothing_to_tell(wait: Wait, cause: Cause, now: datetime) -> None:
    """The wait ends: nothing became free, or the member has left the line."""
    settle(kind=PromiseKind.TOLD_FREE, outcome=Outcome.WAIVED, at=now, subject=subject_of(wait), cause=cause,
           evidence={"at": now.isoformat()})
