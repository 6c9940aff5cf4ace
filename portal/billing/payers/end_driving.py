"""Driving on an account ends, at once, because either side says so. Bookings that were made keep who pays for them."""

from datetime import datetime

from core.database import db, transaction
from core.outbox import post
from portal.billing.payers.models import Payer
from portal.billing.payers.stop_paying import stop_paying


def end_driving(*, payer_id: int, member_id: int, by_driver: bool, now: datetime) -> bool:
    """The other side hears of it. Whether the member was on this account."""
    with transaction():
        if not stop_paying(payer_id=payer_id, member_id=member_id):
            return False
        owner_id = db.session.get_one(Payer, payer_id).member_id
        told = owner_id if by_driver else member_id
        if told is not None:  # the admins of a business see it on its page
            post("on_account", member_id=told, due=now, payer_id=payer_id, driver_id=member_id,
                 told="left" if by_driver else "ended")
    return True
