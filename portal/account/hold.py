"""Holding whoever has an account, so that what ends it waits for what else is under way, and the other way round."""

from core.database import db
from portal.account.models import Member, User


def hold_user(user: User) -> None:
    """Within the open transaction: their row of members, which bookings and leaving hold too, or else that of users."""
    if user.member is not None:
        db.session.refresh(user.member, with_for_update={"of": Member})
        db.session.refresh(user, ["disabled_at"])
    else:
        db.session.refresh(user, ["disabled_at"], with_for_update={"of": User})
