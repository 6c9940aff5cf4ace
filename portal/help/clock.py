"""By when we answer: the promise is minted when it becomes our turn, and settled by the first answer of a person."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.promises.kinds import Cause, Outcome, PromiseKind, State
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle
from fleet.tariffs.in_force import policies_at
from portal.help.models import CallState, Conversation, Kind


def answer_minutes(kind: Kind, at: datetime) -> int:
    """In how many minutes somebody answers, by the policies `help_answer` and `help_answer_urgent`."""
    return policies_at(at)["help_answer_urgent" if kind is Kind.URGENT else "help_answer"].value


def owe_answer(conversation: Conversation, at: datetime) -> None:
    """It is our turn from now on. While an answer is owed already, its time stands: a second question wins us none.

    Praise is read and waits for nothing: it is promised no answer. Who named a time for our call is answered by its end.
    """
    if conversation.answer_due_at is not None or conversation.kind == Kind.COMPLIMENT:
        return
    kind = Kind(conversation.kind)
    minutes = answer_minutes(kind, at)
    conversation.answer_due_at = at + timedelta(minutes=minutes)
    if conversation.call_state == CallState.WANTED and conversation.call_until is not None and kind is not Kind.URGENT:
        conversation.answer_due_at = max(conversation.call_until, at)
        minutes = round((conversation.answer_due_at - at).total_seconds() / 60)
    if conversation.member_id is not None:
        mint(member_id=conversation.member_id, subject=conversation.subject, at=at,
             promised=[Promised(PromiseKind.ANSWER, due_at=conversation.answer_due_at, expected=minutes, unit="min")])


def answered(conversation: Conversation, entry_id: int, at: datetime) -> None:
    """A person answered: what was promised here, and in what was merged into it, is kept or broken by its clock."""
    conversation.answer_due_at = None
    conversation.answered_at = conversation.answered_at or at
    _settle(conversation, at, Outcome.KEPT, None, {"entry_id": entry_id})


def need_no_answer(conversation: Conversation, at: datetime, why: str) -> None:
    """Nobody waits for an answer any more: what is open of the promise is waived, unless its time was over."""
    conversation.answer_due_at = None
    _settle(conversation, at, Outcome.WAIVED, Cause.NOT_NEEDED, {"why": why})


def _settle(conversation: Conversation, at: datetime, in_time: Outcome, cause: Cause | None, evidence: dict[str, Any]) -> None:
    """Each promise by its own time: two that were merged were given at different moments."""
    merged = db.session.scalars(select(Conversation.id).where(Conversation.merged_into_id == conversation.id))
    subjects = [conversation.subject, *(f"conversation:{each}" for each in merged)]
    owed = db.session.execute(select(Promise.subject, Promise.due_at, Promise.minted_at).where(
        Promise.subject.in_(subjects), Promise.kind == PromiseKind.ANSWER, Promise.state == State.OPEN)).all()
    for subject, due_at, minted_at in owed:
        late = at > due_at
        settle(kind=PromiseKind.ANSWER, subject=subject, at=at, actual=round((at - minted_at).total_seconds() / 60, 1),
               outcome=Outcome.BROKEN if late else in_time, cause=Cause.STAFF if late else cause, evidence=evidence)
