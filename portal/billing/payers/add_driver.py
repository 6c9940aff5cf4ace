"""Finance puts a member on a business's account, unasked: the member is told at once, and how to end it."""

from datetime import datetime

from core.database import db, transaction
from core.outbox import post
from portal.billing.payers.models import PayerDriver
from portal.billing.payers.payer_of import let_pay


def add_driver(*, payer_id: int, member_id: int, now: datetime) -> None:
    """From now on this business pays for what the member books; again changes nothing. Raises NotFound and DrivesForAnother."""
    with transaction():
        before = db.session.get(PayerDriver, member_id)
        if before is not None and before.payer_id == payer_id:
            return
        let_pay(payer_id=payer_id, member_id=member_id, at=now)
        post("on_account", member_id=member_id, due=now, payer_id=payer_id, driver_id=member_id, told="added")
