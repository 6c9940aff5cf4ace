"""Two conversations about one matter become one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from core.database import db, transaction
from portal.help.entries import add_fact, conversation_to_change
from portal.help.errors import NotOpen, OfSomebodyElse
from portal.help.models import OPEN, OURS, CallState, Conversation, Entry, Status


def merge(*, conversation_id: UUID, into_id: UUID, by_user_id: int, now: datetime) -> Conversation:
    """Move every entry into the other conversation, which keeps the earlier promised time, and return that one.

    Raises OfSomebodyElse unless both are with one person, and NotOpen for one that is closed.
    """
    with transaction():
        first, second = sorted((conversation_id, into_id))  # everybody locks in one order
        conversation_to_change(first)
        conversation_to_change(second)
        one, other = conversation_to_change(conversation_id), conversation_to_change(into_id)
        if one.id == other.id or one.status not in OPEN or other.status not in OPEN:
            raise NotOpen()
        if (one.member_id, one.visitor_hash) != (other.member_id, other.visitor_hash):
            raise OfSomebodyElse()
        db.session.execute(update(Entry).where(Entry.conversation_id == one.id).values(conversation_id=other.id))
        db.session.execute(update(Conversation).where(Conversation.merged_into_id == one.id).values(merged_into_id=other.id))
        _carry_over(one, other)
        add_fact(other, "merged", now, by_user_id=by_user_id, internal=False, reference=one.reference)
    return other


def _carry_over(one: Conversation, other: Conversation) -> None:
    """What the first one was about and what it waits for goes along, where the other says nothing of it."""
    due = [each for each in (one.answer_due_at, other.answer_due_at) if each]
    one.answer_due_at, one.status, one.merged_into_id = None, str(Status.MERGED), other.id
    db.session.flush()
    if due:
        if other.status not in OURS:
            other.status = str(Status.OPEN)
        other.answer_due_at = min(due)
    for name in ("reservation_id", "car_id", "lot_id", "step", "page"):
        if getattr(other, name) is None:
            setattr(other, name, getattr(one, name))
    if one.call_state == CallState.WANTED and other.call_state is None:
        other.phone_sealed, other.call_state = one.phone_sealed, one.call_state
        other.call_from, other.call_until = one.call_from, one.call_until
    other.answered_at = min([each for each in (one.answered_at, other.answered_at) if each], default=None)
    other.last_at = max(one.last_at, other.last_at)
