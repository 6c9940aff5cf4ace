"""A call that was asked for: made, or nobody picked up."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from portal.help.clock import answered
from portal.help.entries import add_fact, conversation_to_change, not_in_other_hands
from portal.help.errors import NoSuchNumber
from portal.help.models import OPEN, CallState, Conversation, Status


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
