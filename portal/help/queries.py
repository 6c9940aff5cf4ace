"""Conversations as those who are in them see them: a member's own, or a visitor's by their link."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from portal.account.models import Member, User
from portal.help.door import LINK_LIVES
from portal.help.errors import LinkTooOld
from portal.help.models import OPEN, Author, Conversation, Entry, Status
from portal.help.words import happened


@dataclass(frozen=True, slots=True)
class Said:
    """One entry as a page shows it: whose, when, its words, or what happened. `words` is None when nobody can open them."""

    id: int
    at: datetime
    author: Author
    name: str
    words: str | None
    happened: str
    internal: bool
    by_mail: bool


def my_conversation(member: Member, conversation_id: UUID) -> Conversation:
    """The member's own; one that was merged leads to where it went. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(
        select(Conversation).where(Conversation.id == conversation_id, Conversation.member_id == member.id))
    if found is None:
        raise NotFound()
    return my_conversation(member, found.merged_into_id) if found.merged_into_id else found


def visitors_conversation(conversation_id: UUID | None, now: datetime) -> Conversation:
    """One without a member, behind a link that we signed. Raises NotFound, and LinkTooOld when its last word is long ago."""
    found = db.session.get(Conversation, conversation_id) if conversation_id else None
    if found is None or found.member_id is not None:
        raise NotFound()
    if found.merged_into_id:
        return visitors_conversation(found.merged_into_id, now)
    if now - found.last_at > LINK_LIVES:
        raise LinkTooOld(conversation_id=found.id)
    return found


def my_conversations(member: Member, limit: int = 20) -> list[Conversation]:
    """A member's conversations, the one with the newest word first."""
    return list(db.session.scalars(
        select(Conversation).where(Conversation.member_id == member.id, Conversation.status != Status.MERGED)
        .order_by(Conversation.last_at.desc()).limit(limit)))


def unread_count(member: Member) -> int:
    """How many have something new in them."""
    return db.session.scalar(select(func.count()).select_from(Conversation).where(
        Conversation.member_id == member.id, Conversation.status != Status.MERGED, _is_unread())) or 0


def _is_unread() -> "Conversation":
    return Conversation.member_read_at.is_(None) | (Conversation.last_at > Conversation.member_read_at)  # type: ignore[return-value]


def is_unread(conversation: Conversation) -> bool:
    """Whether we wrote since the member looked."""
    return conversation.member_read_at is None or conversation.last_at > conversation.member_read_at


def my_urgent(reservation_id: int) -> Conversation | None:
    """The urgent conversation about a trip that is still open."""
    return db.session.scalar(select(Conversation).where(
        Conversation.reservation_id == reservation_id, Conversation.kind == "urgent", Conversation.status.in_(OPEN)))


def said_in(conversation: Conversation, seal: Seal, *, internal: bool = False) -> list[Said]:
    """What was said and what happened, oldest first. Internal entries only for us: `internal` is for the desk's page."""
    query = (select(Entry, User.name).outerjoin(User, User.id == Entry.by_user_id)
             .where(Entry.conversation_id == conversation.id).order_by(Entry.id))
    if not internal:
        query = query.where(Entry.internal.is_(False))
    return [Said(entry.id, entry.at, Author(entry.author), first := (name or "").split(" ")[0],
                 seal.read(entry.words_sealed), happened(entry.code, entry.facts, first) if entry.code else "",
                 entry.internal, entry.by_mail) for entry, name in db.session.execute(query)]


LettersRead = Callable[[int, list[UUID], datetime], None]


def mark_read(*, conversation: Conversation, now: datetime, letters_read: LettersRead | None = None) -> None:
    """The member has read up to now; `letters_read` (portal.messages.inbox) says so of what the inbox has of it."""
    with transaction():
        conversation.member_read_at = now
        if letters_read is not None and conversation.member_id is not None:
            merged = db.session.scalars(select(Conversation.id).where(Conversation.merged_into_id == conversation.id))
            letters_read(conversation.member_id, [conversation.id, *merged], now)
