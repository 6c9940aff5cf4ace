"""How messages went, for staff: every way of every message, and trying again what was given up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, func, select

from core.audit import audit
from core.database import db, transaction
from core.outbox import post
from core.refusal import NotFound
from experience.record.models import Identity
from portal.account.contact.rules import Channel, Purpose
from portal.messages.models import Delivery, Message, State
from portal.web.listing import Asked


@dataclass(frozen=True)
class Deliveries(Asked):
    """Deliveries with their message and the random id of whom they were for, newest first; what did not go as meant
    unless asked otherwise. Who that is, only experience/insight/reidentify.py tells.
    """

    show: str = "trouble"
    channel: str = ""
    purpose: str = ""

    SHOWS: ClassVar = {
        "trouble": lambda _asked: (Delivery.state == State.FAILED) | (
            (Delivery.state == State.WAITING) & Delivery.due_at.is_(None)),
        "waiting": lambda _asked: Delivery.state == State.WAITING, "sent": lambda _asked: Delivery.state == State.SENT,
        "skipped": lambda _asked: Delivery.state == State.SKIPPED, "all": lambda _asked: Delivery.attempts >= 0,
    }
    USUAL: ClassVar = "-at"
    SORTS: ClassVar = {"at": [Delivery.at, Delivery.message_id, Delivery.channel], "kind": [Message.kind, Delivery.message_id]}

    def rows(self) -> Select[Any]:
        return (select(Delivery, Message, Identity.pid.label("pid")).join(Message, Message.id == Delivery.message_id)
                .outerjoin(Identity, (Identity.kind == "member") & (Identity.ref == Message.member_id)))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.channel in set(Channel):
            found.append(Delivery.channel == self.channel)
        if self.purpose in set(Purpose):
            found.append(Message.purpose == self.purpose)
        if self.q:
            pid = func.replace(cast(Identity.pid, String), "-", "", type_=String)
            found.append(Message.kind.icontains(self.q, autoescape=True)
                         | pid.istartswith(self.q.replace("-", ""), autoescape=True))
        return found


def tally(since: datetime) -> dict[tuple[str, str], int]:
    """How many came how far since a moment, by channel and state."""
    found = db.session.execute(select(Delivery.channel, Delivery.state, func.count()).where(Delivery.at >= since).group_by(
        Delivery.channel, Delivery.state))
    return {(channel, state): count for channel, state, count in found}


def try_again(*, message_id: UUID, channel: Channel, now: datetime) -> None:
    """Have a way that was given up tried again, by the choices that count then. Raises NotFound when it was not given up."""
    with transaction():
        delivery = db.session.get(Delivery, (message_id, channel), with_for_update=True)
        message = db.session.get(Message, message_id)
        if delivery is None or message is None or delivery.state != State.FAILED:
            raise NotFound()
        delivery.state, delivery.at = State.WAITING, now
        db.session.flush()
        post("deliver_later", member_id=message.member_id, due=now, message_id=str(message_id),
             once=f"again-{message_id}-{channel}-{delivery.attempts}")
        audit(f"deliveries/{message_id}/{channel}", before={"state": "failed"}, after={"state": "waiting"})
