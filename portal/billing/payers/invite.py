"""Inviting somebody onto an account, by mail: for one address, once, and for some days.

Nobody is looked up: whoever invites hears the same of an address that has an account and of one that has none.
"""

from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, func, select, update

from core.database import db, rows_changed, transaction
from core.ids import random_id
from core.outbox import post
from core.refusal import NotFound
from core.time import wall_now
from fleet.tariffs.in_force import policies_at
from portal.account.models import User
from portal.billing.payers.errors import InvitedYourself, TooManyInvitations
from portal.billing.payers.models import Invitation, InvitedAs, Payer
from portal.billing.payers.payer_of import locked

DAY = timedelta(days=1)
KEPT = timedelta(days=30)  # after its last day, when nobody accepted it
CARRIED = "invitation"  # where a visitor's signed cookie carries the link on through joining


def invite(*, payer_id: int, email: str, invited_as: InvitedAs, by: User, now: datetime) -> Invitation:
    """Have the address invited; an earlier invitation of the same kind to it counts no more.

    Raises InvitedYourself on one's own account, and TooManyInvitations for the account's day.
    """
    email, wall = email.strip().lower(), wall_now()
    with transaction():
        payer, rules = locked(payer_id), policies_at(now)
        if not payer.by_invoice and email == by.email:
            raise InvitedYourself()
        lately = db.session.scalar(select(func.count()).select_from(Invitation).where(
            Invitation.payer_id == payer_id, Invitation.asked_at > wall - DAY))
        if (lately or 0) >= rules["invitations"].value:
            raise TooManyInvitations()
        db.session.execute(update(Invitation).where(
            Invitation.payer_id == payer_id, Invitation.invited_as == invited_as, Invitation.email == email,
            Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)).values(withdrawn_at=wall))
        made = Invitation(id=random_id(), payer_id=payer_id, invited_as=invited_as, email=email, asked_by_id=by.id,
                          asked_at=wall, ends_at=wall + timedelta(days=rules["invitation"].value))
        db.session.add(made)
        db.session.flush()
        post("invitation_mail", due=now, once=f"invitation-{made.id}", invitation_id=str(made.id))
    return made


def withdraw_invitation(*, payer_id: int, invitation_id: UUID) -> None:
    """Withdraw an invitation; one that was used or is over stays as it is. Raises NotFound for another account's."""
    with transaction():
        found = db.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
        if found is None or found.payer_id != payer_id:
            raise NotFound()
        if found.used_at is None and found.withdrawn_at is None:
            found.withdrawn_at = wall_now()
            db.session.flush()


def withdraw_invitations(member_id: int, _now: datetime) -> None:
    """Withdraw all that are open onto what a member pays for, within the open transaction that ends their membership."""
    db.session.execute(update(Invitation).where(
        Invitation.payer_id.in_(select(Payer.id).where(Payer.member_id == member_id)), Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None)).values(withdrawn_at=wall_now()))


def forget_invitations(_now: datetime) -> int:
    """Delete those that nobody accepted, a month after their last day, and say how many. They go by the wall's clock."""
    with transaction():
        return rows_changed(delete(Invitation).where(
            Invitation.used_at.is_(None), Invitation.ends_at < wall_now() - KEPT))


def open_invitations(payer_id: int, invited_as: InvitedAs) -> list[Invitation]:
    """Those that can still be accepted, newest first."""
    return list(db.session.scalars(select(Invitation).where(
        Invitation.payer_id == payer_id, Invitation.invited_as == invited_as, Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None), Invitation.ends_at > wall_now()).order_by(Invitation.asked_at.desc())))


def sign_invitation(invitation_id: UUID, secret: str) -> str:
    """The token in the link of the mail."""
    return _signer(secret).dumps(invitation_id.hex)


def invitation_of(token: str, secret: str) -> Invitation:
    """The invitation behind a link, also one that is over. Raises NotFound for what we did not sign."""
    try:
        found = db.session.get(Invitation, UUID(_signer(secret).loads(token)))
    except BadSignature:
        raise NotFound() from None
    if found is None:
        raise NotFound()
    return found


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="invitation")
