"""How a member is shown hours: "2:15 PM" or "14:15"."""

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User


def show_hours(*, user: User, hour24: bool) -> None:
    """Show them that way from now on; the same again changes nothing."""
    with observe(Step.MANAGE_DETAILS, member=user.member) as seen, transaction():
        kept = db.session.get_one(User, user.id, populate_existing=True)
        if kept.hour24 == hour24:
            seen.was_repeated()
        kept.hour24 = hour24
