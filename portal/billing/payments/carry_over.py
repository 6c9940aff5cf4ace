"""What is held for one booking goes on to the one that stands in for it, so that no card is asked for both."""

from sqlalchemy import update

from core.database import db, transaction
from portal.billing.payers.payer_of import locked
from portal.billing.payments.models import OPEN, Payment


def carry_over(*, payer_id: int, from_reservation_id: int, to_reservation_id: int) -> None:
    """Have every payment that is wanted, waits or is held speak for the other booking, which costs the same."""
    with transaction():
        locked(payer_id)
        db.session.execute(update(Payment).where(
            Payment.reservation_id == from_reservation_id, Payment.state.in_(OPEN)).values(reservation_id=to_reservation_id))
