"""The member's, or the visitor's, next word in a conversation. One that was solved is taken up again."""

from datetime import datetime, timedelta
from uuid import UUID

from core.database import db, transaction
from core.ids import new_id, new_reference
from core.sealed import Seal
from experience.journey import Phase, Step
from experience.record.observe import Seen, observe, record
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.help.clock import owe_answer
from portal.help.entries import add_fact, add_words, conversation_to_change, entry_of
from portal.help.models import OURS, Author, Conversation, Kind, Status
from portal.help.start import REFERENCE


def write_entry(*, conversation_id: UUID, member: Member | None, words: str, seal: Seal, now: datetime, once: str | None = None,
                by_mail: bool = False, left_out: int = 0) -> Conversation:
    """Add to a conversation and return where it went: into the same one, or, when it was solved longer ago than
    `help_reopen` days, into a new one that follows it. `left_out` counts a mail's attachments that were not kept.
    """
    with observe(Step.HELP_CONTACT, member=member) as seen, transaction():
        conversation = conversation_to_change(conversation_id)
        there = entry_of(once)
        if there is not None:
            seen.was_repeated()
            return conversation_to_change(there.conversation_id)
        if conversation.status == Status.SOLVED:
            conversation = _take_up(conversation, now)
        if conversation.reservation_id:
            seen.of_trip(conversation.reservation_id)
        seen.note(kind=conversation.kind, **({"about": conversation.step} if conversation.step else {}))
        seen.about("conversation", conversation.id, "written")
        add_words(conversation, Author.MEMBER, words, seal, now, once=once, by_mail=by_mail)
        if left_out:
            add_fact(conversation, "attachments_left_out", now, internal=False, count=left_out)
        if conversation.status not in OURS:
            conversation.status = str(Status.OPEN)
        if conversation.member_id:
            conversation.member_read_at = now
        owe_answer(conversation, now)
    return conversation


def _take_up(conversation: Conversation, now: datetime) -> Conversation:
    assert conversation.solved_at is not None  # the database keeps the two together
    if now > conversation.solved_at + timedelta(days=policies_at(now)["help_reopen"].value):
        return _followed(conversation, now)
    reopen(conversation, now)
    return conversation


def reopen(conversation: Conversation, now: datetime, by_user_id: int | None = None) -> None:
    """It was not solved after all: the step is undone, which is what the reopen rate counts."""
    conversation.status, conversation.solved_at = str(Status.OPEN), None
    conversation.reopened += 1
    add_fact(conversation, "reopened", now, by_user_id=by_user_id, internal=False)
    undone = Seen(Step.HELP_RESOLVE, conversation.member_id, conversation.reservation_id)
    undone.note(kind=conversation.kind, reopened=conversation.reopened)
    undone.about("conversation", conversation.id, "reopened")
    record(undone, Phase.UNDONE)


def _followed(old: Conversation, now: datetime) -> Conversation:
    """A new conversation about the same matter, with the same people."""
    new = Conversation(
        id=new_id(), reference=new_reference(REFERENCE), once=f"follows-{old.id}-{now.isoformat()}", follows_id=old.id,
        member_id=old.member_id, visitor_sealed=old.visitor_sealed, visitor_hash=old.visitor_hash, status=str(Status.NEW),
        kind=str(Kind.QUESTION) if old.kind in (Kind.URGENT, Kind.WE_WROTE) else old.kind, step=old.step,
        reservation_id=old.reservation_id, car_id=old.car_id, lot_id=old.lot_id, page=None, error_code=None, last_events=[],
        opened_at=now, last_at=now, reopened=0)
    db.session.add(new)
    db.session.flush()
    return new
