"""Users by their e-mail addresses."""

from collections.abc import Collection

from sqlalchemy import exists, select

from core.database import db
from portal.account.models import User


def users_by_email(emails: Collection[str]) -> dict[str, User]:
    """Those of the addresses that have an account, with it."""
    found = db.session.scalars(select(User).where(User.email.in_(emails)).order_by(User.id)).unique()
    return {user.email: user for user in found}


def anybody_is_here(besides: Collection[str] = ()) -> bool:
    """Whether there is any account at all, apart from those of these addresses."""
    return bool(db.session.scalar(select(exists().where(User.email.not_in(besides)))))
