"""Whether somebody can be trusted with another booking: a card that could pay, and no old bill open for too long."""

from sqlalchemy import bindparam, exists, literal, select

from core.database import db
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer, PayerDriver, PayerKind
from portal.billing.payments.errors import BookingStopped, CardFirst

# Built once: every booking asks it. "business" comes before "personal": it pays where there is one.
_PAYS = (
    select(Payer.id, Payer.kind, Payer.booking_stopped_at,
           exists(select(literal(1)).where(Card.payer_id == Payer.id, Card.removed_at.is_(None))).label("has_card"))
    .outerjoin(PayerDriver, PayerDriver.payer_id == Payer.id)
    .where((Payer.member_id == bindparam("member")) | (PayerDriver.member_id == bindparam("member")))
    .order_by(Payer.kind).limit(1))


def check_may_book(member_id: int) -> int:
    """The id of who pays for this member's next trip.

    Raises CardFirst when nobody could pay for it, and BookingStopped when an old bill is open.
    """
    pays = db.session.execute(_PAYS, {"member": member_id}).first()
    if pays is not None and pays.booking_stopped_at is not None:
        raise BookingStopped()
    if pays is None or not (pays.has_card or pays.kind == PayerKind.BUSINESS):
        raise CardFirst()
    return int(pays.id)
