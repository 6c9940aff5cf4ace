"""Was anything sent outside what its member had chosen? Asked of the rows alone, not of the code that sends.

`flask messages audit` and the staff's page say so; other desks find `outside_choices` among the app's extensions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, defer

from core.database import db
from fleet.tariffs.in_force import policies_at
from portal.account.contact.models import ContactChoice
from portal.messages.models import Delivery, Message, State
from portal.web.say import CITY_ZONE

AT_ONCE = timedelta(days=1)
After = aliased(ContactChoice)


@dataclass(frozen=True, slots=True)
class Outside:
    """A delivery that its member had not chosen: which, and what speaks against it."""

    message_id: UUID
    channel: str
    decided_at: datetime
    reason: str  # way_not_chosen, quiet_hours, old_choices, unknown_choices


@dataclass(frozen=True, slots=True)
class Audited:
    """How many deliveries were looked at, and those that should not have been."""

    looked_at: int
    outside: list[Outside]


def outside_choices(since: datetime, until: datetime, newest: int | None = None) -> Audited:
    """Compare everything sent in [since, until), or the `newest` of it, with the choices in force when it was decided."""
    outside, looked_at = [], 0
    for delivery, message, choice, next_at in islice(_sent(since, until, newest), newest):
        looked_at += 1
        reason = _against(delivery, message, choice, next_at)
        if reason:
            outside.append(Outside(delivery.message_id, delivery.channel, delivery.decided_at, reason))
    return Audited(looked_at, outside)


def _sent(since: datetime, until: datetime,
          newest: int | None) -> Iterator[tuple[Delivery, Message, ContactChoice | None, datetime | None]]:
    """Each delivery with the version it went by, and when the version after that one began; the newest first."""
    following = select(func.min(After.at)).where(
        After.member_id == Message.member_id, After.version == Delivery.choices_version + 1).scalar_subquery()
    sent = (
        select(Delivery, Message, ContactChoice, following)
        .join(Message, Message.id == Delivery.message_id)
        .outerjoin(ContactChoice, (ContactChoice.member_id == Message.member_id)
                   & (ContactChoice.version == Delivery.choices_version))
        .where(Delivery.state == State.SENT).order_by(Delivery.at.desc(), Delivery.message_id, Delivery.channel)
        .options(defer(Message.body_sealed), defer(Message.mailed_at)).limit(newest))
    while since < until:  # a day at a time, so that a year fits into memory
        begins = max(until - AT_ONCE, since)
        yield from db.session.execute(sent.where(Delivery.at >= begins, Delivery.at < until)).all()
        until = begins


def _against(delivery: Delivery, message: Message, choice: ContactChoice | None, next_at: datetime | None) -> str:
    if choice is None and delivery.choices_version > 0:
        return "unknown_choices"
    if (next_at is not None and next_at < delivery.decided_at) or (choice is not None and choice.at > delivery.decided_at):
        return "old_choices"
    service = message.purpose == "service"
    if service and delivery.channel == "mail":
        return ""
    if f"{message.purpose}.{delivery.channel}" not in _ways(choice):
        return "way_not_chosen"
    if delivery.channel == "sms" and service and not message.urgent:
        return "way_not_chosen"
    return "quiet_hours" if not (service and message.urgent) and _was_quiet(delivery.decided_at, choice) else ""


def _ways(choice: ContactChoice | None) -> list[str]:
    return choice.ways if choice is not None else ["service.push", "care.mail", "care.push", "news.mail"]


def _was_quiet(at: datetime, choice: ContactChoice | None) -> bool:
    if choice is not None:
        begins, ends, zone = choice.quiet_from, choice.quiet_until, ZoneInfo(choice.zone)
    else:
        rules = policies_at(at)
        begins, ends, zone = rules["quiet_from"].value, rules["quiet_until"].value, CITY_ZONE
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return (begins <= minute < ends) if begins <= ends else not ends <= minute < begins
