"""A member's own code: made when they want one, out of letters and digits that nobody takes for one another."""

import secrets
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member, MemberStatus
from portal.billing.referrals.models import ReferralCode

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # 30: no I, L, O, U, 0, 1
DRIVING = (MemberStatus.ACTIVE, MemberStatus.PAUSED)
LONG = 10  # 49 bits: with the limits of the page of joining nobody finds one


class NoCodeYet(Refusal):
    code, status = "no_code_yet", 409
    says = _l("Only members have a code of their own.")
    remedy = _l("Finish joining first.")


def code_of(member_id: int) -> str | None:
    """The member's code, if they have one."""
    kept = db.session.get(ReferralCode, member_id)
    return kept.code if kept is not None else None


def make_code(*, member: Member, now: datetime) -> str:
    """The member's code; the same each time. Raises NoCodeYet for whoever is no member."""
    if member.status not in DRIVING:
        raise NoCodeYet()
    kept = code_of(member.id)
    if kept is not None:
        return kept
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
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
        .where(ReferralCode.code == plain_code(typed), Member.status.in_(DRIVING)))
    return found
