"""A business pays for a driver no longer."""

from core.database import db, transaction
from portal.billing.payers.models import PayerDriver


def stop_paying(*, payer_id: int, member_id: int) -> bool:
    """From now on the member pays for what they book; what was booked before stays with the business. Whether it paid."""
    with transaction():
        found = db.session.get(PayerDriver, member_id, with_for_update=True, populate_existing=True)
        if found is None or found.payer_id != payer_id:
            return False
        db.session.delete(found)
        db.session.flush()
    return True
