"""A conversation comes to its end: solved, and how many contacts it took."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import post
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import Someone, observe
from portal.account.models import Member
from portal.help.clock import need_no_answer
from portal.help.entries import add_fact, conversation_to_change, entry_of, not_in_other_hands
from portal.help.errors import NotOpen
from portal.help.models import OPEN, Author, Conversation, Entry, Status
from portal.help.reply import nobody_wrote_since, reply_to
from portal.help.write import reopen

ASK_AFTER = timedelta(hours=25)  # a day; the question of a case that ends with it comes before, and then this one gives way


def solve(*, conversation_id: UUID, by_user_id: int | None, now: datetime, seen: int | None = None) -> Conversation:
    """Say that it is solved: one of us, or with no `by_user_id` the member themselves.

    Raises InOtherHands, WroteMeanwhile when somebody wrote after `seen`, and NotOpen.
    """
    conversation = db.session.get(Conversation, conversation_id)
    member: Someone | None = db.session.get(Member, conversation.member_id) if conversation and conversation.member_id else None
    with observe(Step.HELP_RESOLVE, member=member) as resolved, transaction():
        conversation = conversation_to_change(conversation_id)
        if conversation.status not in OPEN:
            raise NotOpen()
        if by_user_id is not None:
            if seen is not None:
                nobody_wrote_since(conversation, seen, by_user_id, now)
            not_in_other_hands(conversation, by_user_id)
            conversation.owner_id = by_user_id
        if conversation.reservation_id:
            resolved.of_trip(conversation.reservation_id)
        resolved.about("conversation", conversation.id, "solved")
        contacts = _contacts(conversation.id)
        resolved.note(kind=conversation.kind, contacts=contacts, reopened=conversation.reopened)
        resolved.measured(contacts, "contacts", expected=1)
        need_no_answer(conversation, now, "solved")
        conversation.status, conversation.solved_at = str(Status.SOLVED), now
        add_fact(conversation, "solved", now, by_user_id=by_user_id, internal=False)
        if conversation.member_id is not None:
            post("ask", member_id=conversation.member_id, due=now + ASK_AFTER, solicitation="help_ease",
                 once=f"ask-help-{conversation.id}-{conversation.reopened}", subject=f"conversation:{conversation.id}",
                 reservation_id=conversation.reservation_id)
    return conversation


def reply_and_solve(*, conversation_id: UUID, words: str, by_user_id: int, seal: Seal, now: datetime, seen: int,
                    once: str) -> Conversation:
    """Answer, and with the same press say that it is solved: both or neither. The same form answers once.

    Raises as reply_to() and solve().
    """
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if entry_of(once) is None:
            reply_to(conversation_id=conversation_id, words=words, by_user_id=by_user_id, seal=seal, now=now, seen=seen,
                     once=once)
            solve(conversation_id=conversation_id, by_user_id=by_user_id, now=now)
    return conversation


def take_up_again(*, conversation_id: UUID, by_user_id: int, now: datetime) -> Conversation:
    """One of us sees that it is not solved. Raises NotOpen unless it was."""
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if conversation.status != Status.SOLVED:
            raise NotOpen()
        reopen(conversation, now, by_user_id)
        conversation.owner_id = by_user_id
    return conversation


def _contacts(conversation_id: UUID) -> int:
    return db.session.scalar(select(func.count()).select_from(Entry).where(
        Entry.conversation_id == conversation_id, Entry.author == Author.MEMBER)) or 0
