"""Accounts on which others drive, made through the real use cases."""

from datetime import datetime

from core.database import db, transaction
from portal.account.models import Member, User
from portal.billing.payers.accept import accept
from portal.billing.payers.invite import invite
from portal.billing.payers.models import AccountAdmin, InvitedAs, Payer
from portal.billing.payers.payer_of import add_business, let_pay, own_payer
from portal.billing.payers.terms import Terms, set_terms
from tests.factories import NOON, People


def drives_with(owner: Member, driver: Member, **limits: object) -> Payer:
    """The driver is on the owner's account, by an invitation that was accepted."""
    payer = own_payer(owner.id)
    made = invite(payer_id=payer.id, email=driver.user.email, invited_as=InvitedAs.DRIVER, by=owner.user, now=NOON)
    accept(invitation_id=made.id, user=driver.user, now=NOON)
    set_terms(payer_id=payer.id, member_id=driver.id, terms=Terms(**limits))
    return payer


def a_business(name: str = "Lakeside Ltd", *drivers: Member, admins: tuple[User, ...] = (), at: datetime = NOON) -> Payer:
    """A business that pays for these drivers, run by these people."""
    payer = add_business(name=name, email="books@example.com", at=at)
    for driver in drivers:
        let_pay(payer_id=payer.id, member_id=driver.id, at=at)
    with transaction():
        db.session.add_all([AccountAdmin(payer_id=payer.id, user_id=user.id, since=at) for user in admins])
    return payer


def an_admin(people: People, name: str = "Ana Diaz") -> User:
    """Somebody who signs in and is no member."""
    made = people.member(name, card=None)
    user = made.user
    with transaction():
        db.session.delete(made)
        db.session.flush()
        user.role_rows.clear()
    db.session.expire_all()
    return db.session.get_one(User, user.id)
