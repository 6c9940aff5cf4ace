"""Putting an entry into a conversation that is locked: the one place that moves its times."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.database import db
from core.refusal import NotFound
from core.sealed import Seal
from portal.account.models import User
from portal.help.errors import InOtherHands
from portal.help.models import Author, Conversation, Entry

MOST_WORDS = 4000


def conversation_to_change(conversation_id: UUID) -> Conversation:
    """The conversation, locked until the open transaction ends; what was merged leads to where it went. Raises NotFound."""
    found = db.session.scalar(select(Conversation).where(Conversation.id == conversation_id).with_for_update())
    if found is None:
        raise NotFound(conversation_id=conversation_id)
    return found if found.merged_into_id is None else conversation_to_change(found.merged_into_id)


def not_in_other_hands(conversation: Conversation, by_user_id: int) -> None:
    """Raise InOtherHands when a colleague owns it."""
    if conversation.owner_id not in (None, by_user_id):
        owner = db.session.get_one(User, conversation.owner_id)
        raise InOtherHands(owner.id, owner.name.split()[0])


def add_words(conversation: Conversation, author: Author, words: str, seal: Seal, at: datetime, *,
              by_user_id: int | None = None, internal: bool = False, by_mail: bool = False,
              once: str | None = None, facts: dict[str, Any] | None = None) -> Entry:
    """Keep words, sealed."""
    entry = Entry(conversation_id=conversation.id, at=at, author=str(author), by_user_id=by_user_id, code=None,
                  words_sealed=seal.close_words(words), internal=internal, by_mail=by_mail, once=once, facts=facts or {})
    return _keep(conversation, entry)


def add_fact(conversation: Conversation, code: str, at: datetime, *, by_user_id: int | None = None, internal: bool = True,
             **facts: Any) -> Entry:
    """Keep what happened: a code with ids and numbers."""
    entry = Entry(conversation_id=conversation.id, at=at, author=str(Author.SYSTEM), by_user_id=by_user_id,
                  words_sealed=None, code=code, internal=internal, by_mail=False, once=None, facts=facts)
    return _keep(conversation, entry)


def _keep(conversation: Conversation, entry: Entry) -> Entry:
    db.session.add(entry)
    if not entry.internal:
        conversation.last_at = entry.at
    db.session.flush()
    return entry


def newest_entry(conversation_id: UUID) -> int:
    """The number of the newest entry: who has seen this one has seen all."""
    return db.session.scalar(select(func.max(Entry.id)).where(Entry.conversation_id == conversation_id)) or 0


def entry_of(once: str | None) -> Entry | None:
    """The entry that the same form made before."""
    return db.session.scalar(select(Entry).where(Entry.once == once)) if once else None
