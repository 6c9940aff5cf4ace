"""Praise is counted, and reaches those who look after the car or the lot it is about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from portal.help.entries import conversation_to_change
from portal.help.models import Author, Conversation, Entry, Kind


def pass_on(*, conversation_id: UUID, by_user_id: int, now: datetime) -> Conversation:
    """Let the words of a compliment be read by those who look after the car or the lot. Raises NotFound for others."""
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if conversation.kind != Kind.COMPLIMENT:
            raise NotFound(conversation_id=conversation_id)
        if conversation.passed_on_at is None:
            conversation.passed_on_at, conversation.passed_on_by = now, by_user_id
    return conversation


@dataclass(frozen=True, slots=True)
class Praise:
    """How often a car or lot was praised, and the words that were passed on, newest first."""

    count: int
    said: list[tuple[datetime, str]]


def praise_of(*, seal: Seal, car_id: int | None = None, lot_id: int | None = None, newest: int = 5) -> Praise:
    """Praise of a car, or of a lot."""
    about = Conversation.car_id == car_id if car_id is not None else Conversation.lot_id == lot_id
    kind = Conversation.kind == Kind.COMPLIMENT
    count = db.session.scalar(select(func.count()).select_from(Conversation).where(about, kind)) or 0
    first = select(func.min(Entry.id)).where(Entry.conversation_id == Conversation.id,
                                             Entry.author == Author.MEMBER).correlate(Conversation).scalar_subquery()
    rows = db.session.execute(
        select(Conversation.opened_at, Entry.words_sealed).join(Entry, Entry.id == first)
        .where(about, kind, Conversation.passed_on_at.is_not(None)).order_by(Conversation.opened_at.desc()).limit(newest))
    return Praise(count, [(at, seal.read(sealed) or "") for at, sealed in rows])
