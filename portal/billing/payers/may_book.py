"""Whether somebody can be trusted with another booking: a card that could pay, and no old bill open for too long."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, exists, literal, or_, select

from core.database import db
from portal.account.models import Member, MemberStatus
from portal.billing.cards.models import Card
from portal.billing.payers.errors import AccountCannotPay, AccountPaused
from portal.billing.payers.models import Payer, PayerDriver, PayerKind
from portal.billing.payers.terms import who_can_change
from portal.billing.payments.errors import BookingStopped, CardFirst

# Built once: every booking asks it. An account that somebody drives on comes before their own: it pays where there is one.
_member = bindparam("member")
_ON = select(PayerDriver.payer_id).where(PayerDriver.member_id == _member).scalar_subquery()
_PAYS = (
    select(Payer.id, Payer.kind, Payer.booking_stopped_at, PayerDriver.member_id.label("driver_id"),
           Member.status.label("owner_status"),
           exists(select(literal(1)).where(Card.payer_id == Payer.id, Card.removed_at.is_(None))).label("has_card"))
    .outerjoin(PayerDriver, and_(PayerDriver.payer_id == Payer.id, PayerDriver.member_id == _member))
    .outerjoin(Member, Member.id == Payer.member_id)
    .where(or_(Payer.id == _ON, Payer.member_id == _member))
    .order_by(PayerDriver.member_id.is_(None)).limit(1))


@dataclass(frozen=True, slots=True)
class Pays:
    """Who pays for a member's next trip. `on_account`: somebody else does, whose terms count."""

    payer_id: int
    on_account: bool


def check_may_book(member_id: int) -> Pays:
    """Who pays for this member's next trip.

    Raises CardFirst when nobody could pay for it, BookingStopped when an old bill is open, and AccountCannotPay when either
    is so of the account of another member on which they drive; AccountPaused while that member pauses.
    """
    pays = db.session.execute(_PAYS, {"member": member_id}).first()
    if pays is None:
        raise CardFirst()
    on_account, business = pays.driver_id is not None, pays.kind == PayerKind.BUSINESS
    no_card = not (pays.has_card or business)
    if on_account and pays.owner_status == MemberStatus.PAUSED:
        raise AccountPaused(who_can_change(pays.id))
    if on_account and not business and (no_card or pays.booking_stopped_at is not None):
        raise AccountCannotPay(who_can_change(pays.id))
    if pays.booking_stopped_at is not None:
        raise BookingStopped()
    if no_card:
        raise CardFirst()
    return Pays(int(pays.id), on_account)
