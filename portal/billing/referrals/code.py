"""A member's own code: made on the first look at it, out of letters and digits that nobody takes for one another."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from portal.account.models import Member, MemberStatus
from portal.billing.referrals.models import ReferralCode

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # 30: no I, L, O, U, 0, 1
LONG = 10  # 49 bits: with the limits of the page of joining nobody finds one


def code_of(member: Member, now: datetime) -> str:
    """The member's code; the same each time."""
    kept = db.session.get(ReferralCode, member.id)
    if kept is not None:
        return kept.code
    with transaction():
        try:
            with db.session.begin_nested():
                db.session.add(ReferralCode(member_id=member.id, code="".join(secrets.choice(LETTERS) for _ in range(LONG)),
                                            made_at=now))
                db.session.flush()
        except IntegrityError:  # another window was faster
            db.session.expire_all()
        return db.session.get_one(ReferralCode, member.id).code


def plain_code(typed: str) -> str:
    """A code as it is kept, however it was typed."""
    return "".join(typed.split()).replace("-", "").upper()


def owner_of(typed: str) -> Member | None:
    """Whose code it is, as long as they drive with us."""
    found: Member | None = db.session.scalar(
        select(Member).join(ReferralCode, ReferralCode.member_id == Member.id)
        .where(ReferralCode.code == plain_code(typed), Member.status.in_((MemberStatus.ACTIVE, MemberStatus.PAUSED))))
    return found
