"""Who looks after a conversation: taking it, and handing it to a colleague."""

from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from portal.account.models import Role, User
from portal.help.entries import add_fact, add_words, conversation_to_change
from portal.help.errors import InOtherHands, NotOpen
from portal.help.models import OPEN, Author, Conversation, Status

HELPERS = frozenset({Role.SUPPORT, Role.CX, Role.ADMIN})


def take(*, conversation_id: UUID, by_user_id: int, now: datetime, instead_of: int | None = None) -> Conversation:
    """Make it mine; `instead_of` is the owner I saw. Raises InOtherHands when that is no longer the owner."""
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if conversation.owner_id not in (instead_of, by_user_id):
            owner = db.session.get_one(User, conversation.owner_id)
            raise InOtherHands(owner.id, owner.name.split()[0])
        if conversation.owner_id != by_user_id:
            conversation.owner_id = by_user_id
            add_fact(conversation, "taken", now, by_user_id=by_user_id)
        if conversation.status == Status.NEW:
            conversation.status = str(Status.OPEN)
    return conversation


def hand_over(*, conversation_id: UUID, by_user_id: int, to_user_id: int, note: str, seal: Seal,
              now: datetime) -> Conversation:
    """Give it to a colleague, with a word for them that no member sees. Raises NotOpen, and NotFound for no helper."""
    with transaction():
        conversation, colleague = conversation_to_change(conversation_id), db.session.get(User, to_user_id)
        if conversation.status not in OPEN:
            raise NotOpen()
        if colleague is None or colleague.disabled_at is not None or not colleague.roles & HELPERS:
            raise NotFound(to_user_id=to_user_id)
        conversation.owner_id = to_user_id
        if conversation.status == Status.NEW:
            conversation.status = str(Status.OPEN)
        add_fact(conversation, "handed_over", now, by_user_id=by_user_id, to_user_id=to_user_id)
        if note:
            add_words(conversation, Author.STAFF, note, seal, now, by_user_id=by_user_id, internal=True)
    return conversation
