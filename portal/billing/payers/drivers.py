"""The drivers on one account: whoever the same business, or the same member, pays for."""

from sqlalchemy import CompoundSelect, select, union

from core.database import db
from portal.account.models import Member, MemberStatus, User
from portal.billing.payers.models import Payer, PayerDriver


def other_drivers(member_id: int) -> list[Member]:
    """The other drivers on the member's accounts, by name: those of the account on which they drive, and of their own."""
    return list(db.session.scalars(
        select(Member).join(PayerDriver, PayerDriver.member_id == Member.id).join(User, User.id == Member.user_id)
        .where(PayerDriver.payer_id.in_(_accounts_of(member_id)), PayerDriver.member_id != member_id,
               Member.status == MemberStatus.ACTIVE)
        .order_by(User.name, Member.id)).unique())


def drives_for(payer_id: int, member_id: int) -> bool:
    """Whether the member is on this account now: it pays for their trips, or is their own."""
    return db.session.scalar(select(Payer.id).where(
        Payer.id == payer_id, Payer.id.in_(_accounts_of(member_id)))) is not None


def drives_on_the_account_of(member_id: int, other_id: int) -> bool:
    """Whether the other one drives on the account on which the member does, or on the member's own."""
    return db.session.scalar(select(PayerDriver.payer_id).where(
        PayerDriver.member_id == other_id, PayerDriver.member_id != member_id,
        PayerDriver.payer_id.in_(_accounts_of(member_id)))) is not None


def _accounts_of(member_id: int) -> CompoundSelect[tuple[int]]:
    return union(select(PayerDriver.payer_id).where(PayerDriver.member_id == member_id),
                 select(Payer.id).where(Payer.member_id == member_id))
