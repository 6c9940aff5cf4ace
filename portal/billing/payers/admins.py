"""Who runs a business's account: several people, at least one, members or not."""

from datetime import datetime

from sqlalchemy import delete, select

from core.database import db, take_turns, transaction
from core.refusal import NotFound
from portal.account.models import User
from portal.billing.payers.errors import LastAdmin
from portal.billing.payers.models import AccountAdmin, Payer, PayerKind


def my_business(user_id: int, payer_id: int) -> Payer:
    """A business that this user runs. Raises NotFound, also for another's."""
    found = db.session.scalar(select(Payer).join(AccountAdmin, AccountAdmin.payer_id == Payer.id).where(
        Payer.id == payer_id, AccountAdmin.user_id == user_id, Payer.kind == PayerKind.BUSINESS))
    if found is None:
        raise NotFound()
    return found


def businesses_of(user_id: int) -> list[Payer]:
    """The businesses that this user runs, by name."""
    return list(db.session.scalars(select(Payer).join(AccountAdmin, AccountAdmin.payer_id == Payer.id).where(
        AccountAdmin.user_id == user_id).order_by(Payer.name, Payer.id)))


def admins_of(payer_id: int) -> list[tuple[User, datetime]]:
    """Who runs a business, and since when; the first of them first."""
    return [(user, since) for user, since in db.session.execute(
        select(User, AccountAdmin.since).join(AccountAdmin, AccountAdmin.user_id == User.id)
        .where(AccountAdmin.payer_id == payer_id).order_by(AccountAdmin.since, User.id)).unique()]


def remove_admin(*, payer_id: int, user_id: int) -> None:
    """They run it no longer, from their next page on. Raises LastAdmin, and NotFound for whoever does not run it."""
    with transaction():
        take_turns(_turns(payer_id))  # of two who leave at once the second one is the last
        found = db.session.get(AccountAdmin, (payer_id, user_id), populate_existing=True)
        if found is None:
            raise NotFound()
        if len(admins_of(payer_id)) < 2:
            raise LastAdmin()
        db.session.delete(found)
        db.session.flush()


def take_turns_of_admin(user_id: int) -> None:
    """Until the open transaction ends nobody else leaves a business that this user runs."""
    mine = select(AccountAdmin.payer_id).where(AccountAdmin.user_id == user_id).order_by(AccountAdmin.payer_id)
    for payer_id in db.session.scalars(mine).all():
        take_turns(_turns(payer_id))


def run_no_more(user_id: int) -> None:
    """They run no business from now on, within the open transaction that closes their account: those who do are counted
    without them at once."""
    db.session.execute(delete(AccountAdmin).where(AccountAdmin.user_id == user_id))


def _turns(payer_id: int) -> str:
    return f"admins of {payer_id}"
