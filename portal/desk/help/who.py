"""Whom a colleague sees in a conversation: support, who answers by name, the name; the CX team a random id until they have
taken it, which is written down as the look that it is.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.sealed import Seal
from experience.insight.models import Lookup, LookupReason
from experience.insight.reidentify import reidentify
from experience.record.models import Identity
from experience.record.pids import pid_of
from portal.account.models import Member, Role, User
from portal.help.models import Conversation
from portal.help.remarks.models import Remark

NAMES = frozenset({Role.SUPPORT, Role.ADMIN})


def sees_names(roles: Collection[str]) -> bool:
    """Whether somebody with these roles knows members by name without looking them up."""
    return not NAMES.isdisjoint(roles)


def pid_behind(about: Conversation | Remark) -> UUID | None:
    """The random id of the member who asks or wrote, if they have one yet."""
    return db.session.scalar(select(Identity.pid).where(Identity.kind == "member", Identity.ref == about.member_id))


def pids_by_email(addresses: Collection[str | None]) -> dict[str, UUID]:
    """The random ids of those addresses that are members'."""
    rows = db.session.execute(
        select(User.email, Identity.pid).join(Member, Member.user_id == User.id)
        .join(Identity, (Identity.kind == "member") & (Identity.ref == Member.id)).where(User.email.in_(addresses)))
    return {email: pid for email, pid in rows}


def has_seen(conversation: Conversation, user_id: int) -> bool:
    """Whether this colleague looks after the conversation and has looked up whom it is with."""
    return conversation.owner_id == user_id and db.session.scalar(select(Lookup.id).where(
        Lookup.by_user_id == user_id, Lookup.pid == pid_behind(conversation)).limit(1)) is not None


def see_who(conversation: Conversation, by_user_id: int, seal: Seal, now: datetime) -> None:
    """Write down that this colleague sees from now on whom they answer; once. Raises NotYours."""
    with transaction():
        if conversation.member_id is not None and not has_seen(conversation, by_user_id):
            reidentify(pid=pid_of("member", conversation.member_id), by_user_id=by_user_id, reason=LookupReason.ANSWER,
                       words=f"conversation {conversation.reference}", seal=seal, now=now)
