"""A member's name, as it stands on their licence."""

from core.database import db, transaction
from core.outbox import post
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User


def rename(*, user: User, name: str) -> None:
    """Take this name from now on, here and at the card processor; the same one again changes nothing."""
    with observe(Step.MANAGE_DETAILS, member=user.member) as seen, transaction():
        kept = db.session.get_one(User, user.id, populate_existing=True)
        if kept.name == name:
            seen.was_repeated()
            return
        kept.name = name
        if kept.member is not None:
            post("customer_follows", member_id=kept.member.id)
