"""A mailed question as it stands in the inbox: to be answered there, or what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.time import now
from experience.asks.answer import answer_of, may_change, the_ask
from experience.asks.around import CarAndDay, car_and_day_of
from experience.asks.here import Question, may_be_seen, question_of, said_of
from experience.asks.models import AskRow, AskState


class Stands(StrEnum):
    """What can be done about a mailed question."""

    OPEN = "open"
    RESTS = "rests"  # its member is driving, in the middle of something, or has an open case
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class InMessage:
    """A mailed question: where it stands, what it is about, what was answered, and whether that can still be changed."""

    question: Question
    stands: Stands
    trip: CarAndDay | None
    said: str
    may_change: bool


def asked_in(message: Any, member_id: int) -> InMessage:
    """The question of a message to this member. Raises NotFound for somebody else's."""
    ask = the_ask(UUID(message.facts["ask_id"]), member_id)
    answer = answer_of(ask)
    return InMessage(question_of(ask), _stands(ask), car_and_day_of(ask), said_of(answer) if answer else "",
                     answer is not None and may_change(answer, now()))


def _stands(ask: AskRow) -> Stands:
    if ask.state in (AskState.ANSWERED, AskState.DISMISSED):
        return Stands(ask.state)
    if now() >= ask.expires_at:
        return Stands.OVER
    return Stands.OPEN if may_be_seen(ask) else Stands.RESTS
