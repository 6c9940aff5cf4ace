"""A member's name, as it stands on their licence."""

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User


def rename(*, user: User, name: str) -> None:
    """Take this name from now on."""
    with observe(Step.MANAGE_DETAILS, member=user.member), transaction():
        db.session.get_one(User, user.id, populate_existing=True).name = name
