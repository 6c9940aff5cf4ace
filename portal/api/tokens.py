"""Tokens: made once and shown once, found by their hash, ended at once."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import contains_eager

from core.database import db, transaction
from core.outbox import post
from core.refusal import NotFound
from core.time import wall_now
from portal.account.models import Member, MemberStatus, User
from portal.api.models import ApiToken, Scope

SHOWN = 11  # letters of a token that are kept to tell it from others: its mark and 48 of its 256 bits
TOUCH_EVERY = timedelta(minutes=5)
# Built once: every request of a machine asks it.
_LIVE = (
    select(ApiToken, Member).join(Member, Member.id == ApiToken.member_id).join(Member.user)
    .where(ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None), User.disabled_at.is_(None),
           Member.status != MemberStatus.CLOSED).options(contains_eager(Member.user)))


def give_token(*, member: Member, name: str, scopes: Collection[Scope],
               ends_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token for a member, who is told by mail; returns its row and the token itself, which exists nowhere else.

    Times are the wall's. Raises ValueError without a scope, or for an end that has passed.
    """
    if not scopes or (ends_at is not None and ends_at <= wall_now()):
        raise ValueError("a token may do something, and ends after now")
    token = f"rt_{secrets.token_urlsafe(32)}"
    with transaction():
        row = ApiToken(member_id=member.id, name=name, begins=token[:SHOWN], token_hash=_hash(token),
                       scopes=" ".join(sorted(scopes)), created_at=wall_now(), ends_at=ends_at)
        db.session.add(row)
        db.session.flush()
        post("token_made", user_id=member.user_id, token_id=row.id)
    return row, token


def revoke_token(*, token_id: int) -> ApiToken:
    """End a token now, in every process; twice ends it once. Raises NotFound."""
    with transaction():
        row = db.session.get(ApiToken, token_id)
        if row is None:
            raise NotFound(token_id=token_id)
        row.revoked_at = row.revoked_at or wall_now()
        db.session.flush()
    return row


def find_token(token: str) -> tuple[ApiToken, Member] | None:
    """The live token behind what a machine sent, with its member. None when it is unknown, revoked or over, or when its
    member has left or was shut out: that is looked at each time. Its last use is noted every five minutes."""
    row = db.session.execute(_LIVE, {"hash": _hash(token)}).first()
    if row is None:
        return None
    kept, member = row
    now = wall_now()
    if kept.ends_at is not None and kept.ends_at <= now:
        return None
    if kept.used_at is None or kept.used_at < now - TOUCH_EVERY:
        with transaction():
            db.session.execute(update(ApiToken).where(ApiToken.id == kept.id).values(used_at=now))
    return kept, member


def tokens_of(member_id: int) -> list[ApiToken]:
    """All of a member's tokens, newest first, also those that have ended."""
    return list(db.session.scalars(select(ApiToken).where(ApiToken.member_id == member_id).order_by(ApiToken.id.desc())))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
