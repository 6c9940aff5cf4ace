"""A word among ourselves, beside a conversation."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from portal.help.entries import add_words, conversation_to_change
from portal.help.models import Author, Entry


def add_note(*, conversation_id: UUID, words: str, by_user_id: int, seal: Seal, now: datetime) -> Entry:
    """Keep an internal note: no page and no mail of a member ever has it."""
    with transaction():
        conversation = conversation_to_change(conversation_id)
        return add_words(conversation, Author.STAFF, words, seal, now, by_user_id=by_user_id, internal=True)
