"""Ordinary people, cars and times: a test names only what matters to it."""

from datetime import UTC, datetime, timedelta
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.database import db
from core.time import Span
from fleet.cars.models import Car
from portal.account.add_user import add_member, add_user
from portal.account.models import Member, MemberStatus, Plan, Role, User
from portal.account.passwords import hash_password

PASSWORD = "a-long-enough-password"
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
               status: MemberStatus = MemberStatus.ACTIVE) -> Member:
        user = add_user(email=f"member{next(_numbers)}@example.com", name=name, password_hash=_hash)
        return add_member(user=user, plan=plan, status=status)

    def staff(self, role: Role, name: str = "Mara Lind") -> User:
        return add_user(email=f"{role}{next(_numbers)}@example.com", name=name, password_hash=_hash,
                        roles=frozenset({role}))


def a_car(**filters: object) -> Car:
    """A car of the bundled city: the first by name, or the first that fits the filters."""
    return db.session.scalars(select(Car).filter_by(**filters).order_by(Car.name)).first()


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
