"""A call: asked for, made, or nobody picked up."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from portal.help.clock import answered, owe_answer
from portal.help.entries import add_fact, conversation_to_change, not_in_other_hands
from portal.help.errors import CallWanted, NoSuchNumber
from portal.help.models import OPEN, OURS, CallState, Conversation, Status


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is asked for: the number, and from when until when; at once when no window is given."""

    phone: str
    starts: datetime | None = None
    ends: datetime | None = None


def may_ask_for_call(conversation: Conversation) -> bool:
    """Whether no call is on its way yet, and the matter is still open."""
    return conversation.call_state in (None, CallState.DONE) and conversation.status in OPEN


def ask_for_call(*, conversation_id: UUID, member: Member, call: Call, seal: Seal, now: datetime) -> Conversation:
    """Have us call about a matter that is written about already: it is our turn. Raises CallWanted when we call anyhow."""
    with observe(Step.HELP_CONTACT, member=member) as seen, transaction():
        conversation = conversation_to_change(conversation_id)
        if not may_ask_for_call(conversation):
            raise CallWanted()
        if conversation.reservation_id:
            seen.of_trip(conversation.reservation_id)
        seen.note(kind=conversation.kind, **({"about": conversation.step} if conversation.step else {}))
        seen.about("conversation", conversation.id, "written")
        want_call(conversation, call, seal, now)
    return conversation


def want_call(conversation: Conversation, call: Call, seal: Seal, now: datetime) -> None:
    """Put it into a conversation that is locked."""
    set_call(conversation, call, seal)
    add_fact(conversation, "call_wanted", now, internal=False)
    conversation.member_read_at = now
    if conversation.status not in OURS:
        conversation.status = str(Status.OPEN)
    owe_answer(conversation, now)


def set_call(conversation: Conversation, call: Call, seal: Seal) -> None:
    """The number and the time of a call."""
    conversation.phone_sealed, conversation.call_from, conversation.call_until = seal.close(call.phone), call.starts, call.ends
    conversation.call_state = str(CallState.WANTED)


def called(*, conversation_id: UUID, reached: bool, by_user_id: int, now: datetime) -> Conversation:
    """Note how a call went. One that reached them is an answer; they see in their inbox that we tried.

    Raises InOtherHands, and NoSuchNumber when no call is wanted any more.
    """
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if conversation.call_state in (None, CallState.DONE) or conversation.status not in OPEN:
            raise NoSuchNumber()
        not_in_other_hands(conversation, by_user_id)
        conversation.call_state = str(CallState.DONE if reached else CallState.NOT_REACHED)
        conversation.owner_id = by_user_id
        entry = add_fact(conversation, "called" if reached else "not_reached", now, by_user_id=by_user_id, internal=False)
        if reached:
            conversation.status = str(Status.WAITING)
            answered(conversation, entry.id, now)
        elif conversation.status == Status.NEW:
            conversation.status = str(Status.OPEN)
    return conversation
