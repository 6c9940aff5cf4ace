"""What rooms below may know of a member: since when, which plan, and whether they drive with us today."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from experience.asks.around import MemberFacts
from portal.account.models import Member, MemberStatus


def member_facts(member_id: int) -> MemberFacts | None:
    """The facts; None for nobody."""
    row = db.session.execute(select(Member.joined_at, Member.plan, Member.status).where(Member.id == member_id)).first()
    return MemberFacts(row.joined_at, row.plan, row.status == MemberStatus.ACTIVE) if row else None


def active_since() -> dict[int, datetime]:
    """Everybody who drives with us, and since when."""
    return {member_id: since for member_id, since in db.session.execute(
        select(Member.id, Member.joined_at).where(Member.status == MemberStatus.ACTIVE).order_by(Member.id))}
