"""Ordinary people, cars and times: a test names only what matters to it."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from core.database import db, transaction
from core.time import Span
from fleet.cars.models import Car
from portal.account.add_user import add_member, add_user
from portal.account.models import Member, MemberStatus, Plan, Role, User
from portal.account.passwords import hash_password
from portal.billing.cards.keep import keep_card
from portal.billing.cards.models import Card
from portal.billing.payers.payer_of import own_payer
from portal.billing.stripe.reading import read_card

VISA = "pm_card_visa"  # the test card that works
PASSWORD = "a-long-enough-password"
LICENSED = date(2040, 1, 1)  # until then the licence of an ordinary member counts
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # Tuesday noon in Chicago
_hash = hash_password(PASSWORD)
_numbers = count(1)


class Clock:
    """A service clock that stands still until it is moved; sessions and limits go by the wall's."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        """Move on by hours=…, minutes=… and so on."""
        self.at += timedelta(**by)


class People:
    """Makes members and staff who can sign in with PASSWORD."""

    def member(self, name: str = "Ada Okafor", *, plan: Plan = Plan.REGULAR,
               status: MemberStatus = MemberStatus.ACTIVE, card: str | None = VISA) -> Member:
        """A member with a card of the embedded Stripe, by the name of the test card."""
        user = add_user(email=f"member{next(_numbers)}@example.com", name=name, password_hash=_hash)
        member = add_member(user=user, plan=plan, status=status,
                            licence_until=None if status == MemberStatus.APPLICANT else LICENSED)
        if card:
            a_card(member, card)
        return member

    def staff(self, role: Role, name: str = "Mara Lind") -> User:
        return add_user(email=f"{role}{next(_numbers)}@example.com", name=name, password_hash=_hash,
                        roles=frozenset({role}))


def a_card(member: Member, token: str = VISA) -> Card:
    """A card of the embedded Stripe that the member pays with, kept as if it came from the card page."""
    payments, payer = current_app.extensions["adapters"].payments, own_payer(member.id)
    customer = payer.customer or payments.open_customer(reference=f"payer-{payer.id}", email=member.user.email,
                                                        name=member.name, once=f"customer-{payer.id}")
    kept = payments.client.v1.payment_methods.attach(token, {"customer": customer})
    with transaction():
        own_payer(member.id).customer = customer
        return keep_card(own_payer(member.id), read_card(kept), NOON)


def a_car(**filters: object) -> Car:
    """A car of the bundled city: the first by name, or the first that fits the filters."""
    return db.session.scalars(select(Car).filter_by(**filters).order_by(Car.name).limit(1)).first()


def hours(start: float, end: float, *, day: datetime = NOON) -> Span:
    """A span given in hours after noon."""
    return Span(day + timedelta(hours=start), day + timedelta(hours=end))


def sign_in(site: Flask, email: str, password: str = PASSWORD) -> FlaskClient:
    """A client signed in through the real page."""
    client = site.test_client()
    token = csrf_of(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token})
    assert answer.status_code == 302, answer.text[:2000]
    return client


def csrf_of(html: str) -> str:
    """The CSRF token of the first form of a page."""
    found = html.split('name="csrf_token"', 1)[1].split('value="', 1)[1]
    return found.split('"', 1)[0]


def hidden(html: str, name: str) -> str:
    """The value of a page's first hidden field of that name."""
    around = html.split(f'name="{name}"', 1)
    return around[1].split('value="', 1)[1].split('"', 1)[0]
