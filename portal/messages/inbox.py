"""A member's messages as threads: those about one trip, one dispute or one conversation stand together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, select, update
from sqlalchemy.orm import selectinload

from core.database import db, transaction
from core.refusal import NotFound
from portal.account.contact.rules import Purpose
from portal.messages.models import Message
from portal.web.listing import Asked

_thread = case((Message.thread == "", cast(Message.id, String)), else_=Message.thread)


def _purpose(purpose: Purpose) -> Any:
    return lambda _asked: Message.purpose == purpose


@dataclass(frozen=True)
class Threads(Asked):
    """The newest message of each thread, with how many there are and how many are not read, newest first."""

    member_id: int = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"member_id"})
    SHOWS: ClassVar = {"unread": lambda _asked: literal(True), **{purpose.value: _purpose(purpose) for purpose in Purpose}}
    USUAL: ClassVar = "-at"
    SORTS: ClassVar = {"at": [Message.at, Message.id]}

    def rows(self) -> Select[Any]:
        ranked = select(
            Message.id, func.count().over(partition_by=_thread).label("many"),
            func.sum(case((Message.read_at.is_(None), 1), else_=0)).over(partition_by=_thread).label("unread"),
            func.row_number().over(partition_by=_thread, order_by=(Message.at.desc(), Message.id.desc())).label("place"),
        ).where(*self._of_member()).subquery()
        found = select(Message, ranked.c.many, ranked.c.unread).join(ranked, ranked.c.id == Message.id).where(
            ranked.c.place == 1)
        if self.show == "unread":
            found = found.where(ranked.c.unread > 0)
        return found.options(selectinload(Message.deliveries))

    def _of_member(self) -> list[ColumnElement[bool]]:
        return [Message.member_id == self.member_id, *super().wanted()]

    def wanted(self) -> list[ColumnElement[bool]]:
        """Said within: a thread counts only what fits."""
        return []


def my_message(member_id: int, message_id: UUID) -> Message:
    """One of the member's own messages. Raises NotFound."""
    found = db.session.scalar(select(Message).where(Message.id == message_id, Message.member_id == member_id))
    if found is None:
        raise NotFound()
    return found


def thread_with(message: Message) -> Sequence[Message]:
    """The messages about the same thing, oldest first, each with its ways."""
    together = Message.thread == message.thread if message.thread else Message.id == message.id
    return db.session.scalars(select(Message).where(Message.member_id == message.member_id, together).order_by(
        Message.at, Message.id).options(selectinload(Message.deliveries))).all()


def any_unread(member_id: int) -> bool:
    """Whether there is something the member has not read."""
    return db.session.scalar(select(Message.id).where(
        Message.member_id == member_id, Message.read_at.is_(None)).limit(1)) is not None


def letters_read(member_id: int, conversations: list[UUID], now: datetime) -> None:
    """Whoever read a conversation has read our letters about it."""
    with transaction():
        db.session.execute(update(Message).where(
            Message.member_id == member_id, Message.read_at.is_(None),
            Message.thread.in_([f"conversation-{each}" for each in conversations])).values(read_at=now))


def mark_read(*, member_id: int, message_id: UUID | None = None, now: datetime) -> None:
    """Mark a message and its thread as read, or everything. Raises NotFound for a message of somebody else."""
    with transaction():
        unread = update(Message).where(Message.member_id == member_id, Message.read_at.is_(None))
        if message_id is not None:
            message = my_message(member_id, message_id)
            unread = unread.where(Message.thread == message.thread if message.thread else Message.id == message.id)
        db.session.execute(unread.values(read_at=now))
