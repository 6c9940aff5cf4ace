"""Accepting an invitation onto an account: by whoever signs in with the address that was invited."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from core.time import wall_now
from portal.account.add_user import add_user
from portal.account.models import Member, MemberStatus, User
from portal.account.passwords import check_password, hash_password
from portal.billing.payers.errors import ForAnotherAddress, InvitationIsOver, NotADriverYet
from portal.billing.payers.models import AccountAdmin, Invitation, InvitedAs, Payer, PayerDriver
from portal.billing.payers.payer_of import DrivesForAnother


def accept(*, invitation_id: UUID, user: User, now: datetime) -> Invitation:
    """From now on they drive on the account, or run it; what they booked before stays with who paid then.

    An applicant may accept: they book once they are approved, like everybody. Raises InvitationIsOver, also while the member
    whose account it is may not drive and for who is being erased, ForAnotherAddress, NotADriverYet without a membership, and
    DrivesForAnother while another account pays for them.
    """
    with transaction():
        _hold_both(invitation_id, user)
        found = _open(invitation_id)
        if found.email != user.email:
            raise ForAnotherAddress()
        if found.invited_as == InvitedAs.DRIVER:
            _drive(found, user, now)
        else:
            db.session.merge(AccountAdmin(payer_id=found.payer_id, user_id=user.id, since=now))
        found.used_at, found.used_by_id = wall_now(), user.id
        db.session.flush()
    return found


def accept_as_new(*, invitation_id: UUID, name: str, password: str, now: datetime) -> User:
    """Make an account for an admin who need not drive: no membership, no licence. The link has proven the address.

    Raises as accept() does, WeakPassword, and AddressTaken when somebody signs in with the address already.
    """
    with transaction():
        found = _open(invitation_id)
        if found.invited_as != InvitedAs.ADMIN:
            raise NotADriverYet()
        check_password(password, email=found.email, name=name)
        user = add_user(email=found.email, name=name, password_hash=hash_password(password))
        accept(invitation_id=invitation_id, user=user, now=now)
    return user


def is_open(invitation: Invitation) -> bool:
    """Whether it can still be accepted."""
    return invitation.used_at is None and invitation.withdrawn_at is None and wall_now() < invitation.ends_at


def _open(invitation_id: UUID) -> Invitation:
    found = db.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if found is None or not is_open(found):
        raise InvitationIsOver()
    return found


def _hold_both(invitation_id: UUID, user: User) -> None:
    """Keep the member whose account it is and whoever accepts from leaving meanwhile (portal/account/leave/leave.py), and the
    latter from accepting another; before the invitation's own row, which leaving takes back. A business has no member."""
    owner_id = db.session.scalar(select(Payer.member_id).join(Invitation, Invitation.payer_id == Payer.id).where(
        Invitation.id == invitation_id))
    both = {one for one in (owner_id, user.member.id if user.member else None) if one is not None}
    held = db.session.scalars(select(Member).where(Member.id.in_(both)).order_by(Member.id).with_for_update(
        of=Member, key_share=True).execution_options(populate_existing=True)).unique().all()
    db.session.refresh(user, ["disabled_at"], with_for_update={"of": User, "key_share": True} if not user.member else None)
    if user.disabled_at is not None or any(one.id == owner_id and not one.may_drive for one in held):
        raise InvitationIsOver()


def _drive(invitation: Invitation, user: User, now: datetime) -> None:
    member = user.member
    if member is None or member.status == MemberStatus.CLOSED:
        raise NotADriverYet()
    there = db.session.get(PayerDriver, member.id, with_for_update=True, populate_existing=True)
    if there is not None and there.payer_id != invitation.payer_id:
        raise DrivesForAnother()
    payer = db.session.get_one(Payer, invitation.payer_id)
    if there is not None or payer.member_id == member.id:
        return
    db.session.add(PayerDriver(member_id=member.id, payer_id=payer.id, since=now))
    if payer.member_id is not None:
        post("on_account", member_id=payer.member_id, due=now, payer_id=payer.id, driver_id=member.id, told="joined")
