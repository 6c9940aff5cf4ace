"""What was written to a member, for rooms below this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db
from portal.messages.models import Message


@dataclass(frozen=True, slots=True)
class Sent:
    """One message to a member: when, of which kind, under which subject, and when it was read in the inbox."""

    id: UUID
    at: datetime
    kind: str
    subject: str
    read_at: datetime | None


def messages_to(member_id: int, since: datetime, until: datetime) -> Sequence[Sent]:
    """The messages of a time, oldest first."""
    found = db.session.execute(
        select(Message.id, Message.at, Message.kind, Message.subject, Message.read_at)
        .where(Message.member_id == member_id, Message.at >= since, Message.at < until).order_by(Message.at, Message.id))
    return [Sent(*row) for row in found]
