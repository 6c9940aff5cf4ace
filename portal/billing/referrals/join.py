"""Somebody joins with a member's code."""

from datetime import datetime

from core.database import db
from core.ids import new_id
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.referrals.code import owner_of
from portal.billing.referrals.models import Referral, ReferralState


def join_with(typed: str | None, *, friend: Member, now: datetime) -> Referral | None:
    """Keep who brought them, with what both get by the rules of today, within the open transaction. None without a code, and
    when its owner has left meanwhile: nothing stands in the way of joining."""
    by = owner_of(typed) if typed else None
    if by is None or by.id == friend.id:
        return None
    rules = policies_at(now)
    referral = Referral(id=new_id(), by_member_id=by.id, friend_id=friend.id, state=ReferralState.JOINED, joined_at=now,
                        gives_cents=rules["referral_gives"].value, gets_cents=rules["referral_gets"].value)
    db.session.add(referral)
    db.session.flush()
    return referral
