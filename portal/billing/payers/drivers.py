"""The drivers on one account: whoever the same business pays for."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.database import db
from portal.account.models import Member, MemberStatus, User
from portal.billing.payers.models import PayerDriver


def other_drivers(member_id: int) -> list[Member]:
    """The other members whose trips the same business pays now, by name; none for whoever pays for themselves."""
    mine, theirs = aliased(PayerDriver), aliased(PayerDriver)
    return list(db.session.scalars(
        select(Member).join(theirs, theirs.member_id == Member.id).join(mine, mine.payer_id == theirs.payer_id)
        .join(User, User.id == Member.user_id)
        .where(mine.member_id == member_id, theirs.member_id != member_id, Member.status == MemberStatus.ACTIVE)
        .order_by(User.name, Member.id)).unique())


def drives_for(payer_id: int, member_id: int) -> bool:
    """Whether this business pays for the member's trips now."""
    return db.session.scalar(select(PayerDriver.member_id).where(
        PayerDriver.member_id == member_id, PayerDriver.payer_id == payer_id)) is not None


def drives_on_the_account_of(member_id: int, other_id: int) -> bool:
    """Whether one business pays for both."""
    mine, theirs = aliased(PayerDriver), aliased(PayerDriver)
    return db.session.scalar(select(mine.payer_id).join(theirs, theirs.payer_id == mine.payer_id).where(
        mine.member_id == member_id, theirs.member_id == other_id, mine.member_id != theirs.member_id)) is not None
