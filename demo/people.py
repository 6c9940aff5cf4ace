"""The demo city's accounts: a member to sign in as, an applicant, staff of every role, and the simulated members."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from core.database import transaction
from core.sealed import Seal
from core.time import service_clock
from demo.neighbours import ADA, HANA_AFTER, NEIGHBOURS
from demo.riders import Persona, Place, Rider, email_of
from portal.account.add_user import add_member, add_user
from portal.account.by_email import users_by_email
from portal.account.models import Member, MemberStatus, Plan, Role, User
from portal.account.security.authenticator import keep_authenticator, new_secret
from portal.account.security.second_factor import has_second_factor

ADA_EMAIL, APPLICANT_EMAIL = "member@example.com", "new@example.com"
LICENSED = timedelta(days=5 * 365)  # so long the licences of everybody who drives in the demo city count
BUSINESS_EMAIL = "business@example.com"  # runs a business's account (demo/company.py), and is no member
JOINING = {"joining1@example.com": "Tess Albrecht", "joining2@example.com": "Omar Bell", "joining3@example.com": "Lia Castro"}
STAFF: dict[str, tuple[str, Role]] = {
    "fleet@example.com": ("Dana Whitfield", Role.FLEET), "cx@example.com": ("Noor Haddad", Role.CX),
    "support@example.com": ("Caleb Jensen", Role.SUPPORT), "reviewer@example.com": ("Ines Duarte", Role.REVIEWER),
    "reviewer2@example.com": ("Jonah Abara", Role.REVIEWER),
    "finance@example.com": ("Paul Lindqvist", Role.FINANCE), "finance2@example.com": ("Rhea Kapoor", Role.FINANCE),
    "admin@example.com": ("Morgan Ellery", Role.ADMIN),
}


def ada(lots: Sequence[Place]) -> Rider:
    """The member whom newcomers sign in as."""
    home = lots[len(lots) // 3]
    return Rider(ADA, ADA_EMAIL, "Ada Moreno", Persona.ERRANDS, Plan.REGULAR, "+1 312 555 0142",
                 Place(home.lat + 0.002, home.lng - 0.0015), lots[0], careful=0.9, talks=0.9, joined_days_ago=412)


def add_people(everyone: Sequence[Rider], password_hash: str, begins: datetime) -> None:
    """Add every account. All share one password, so they share its hash: hashing it for each would take seconds."""
    with transaction():
        for email, (name, role) in STAFF.items():
            with _in_the_past(begins - timedelta(days=500)):
                add_user(email=email, name=name, password_hash=password_hash, roles=frozenset({role}))
        for rider in everyone:
            with _in_the_past(begins - timedelta(days=rider.joined_days_ago)):
                user = add_user(email=rider.email, name=rider.name, password_hash=password_hash)
                add_member(user=user, plan=rider.plan, phone=rider.phone,
                           licence_until=(begins + LICENSED).date())
        with _in_the_past(begins):
            user = add_user(email=APPLICANT_EMAIL, name="Nico Tanaka", password_hash=password_hash)
            add_member(user=user, plan=Plan.PAY_AS_YOU_GO, status=MemberStatus.APPLICANT)
            for email, name in JOINING.items():
                user = add_user(email=email, name=name, password_hash=password_hash)
                add_member(user=user, plan=Plan.PAY_AS_YOU_GO, status=MemberStatus.APPLICANT)


def give_codes(seal: Seal) -> None:
    """An authenticator for each of the staff who has none: its code stands on the demo city's own sign-in page."""
    found = users_by_email(STAFF)
    for email in STAFF:
        if email in found and not has_second_factor(found[email]):
            keep_authenticator(found[email], new_secret(), seal=seal)


def _in_the_past(moment: datetime) -> AbstractContextManager[None]:
    return service_clock(lambda: moment)


def emails_of_all(members: int) -> list[str]:
    """The addresses of everybody whom the demo adds to a city of so many simulated members."""
    named = (ADA_EMAIL, APPLICANT_EMAIL, BUSINESS_EMAIL, HANA_AFTER, *JOINING, *STAFF)
    return [*named, *(one.email for one in NEIGHBOURS), *(email_of(number) for number in range(1, members + 1))]


def is_peopled() -> bool:
    """Whether the demo's member is there."""
    return bool(users_by_email([ADA_EMAIL]))


def members_of(everyone: Sequence[Rider]) -> dict[int, Member]:
    """The riders' memberships by their numbers."""
    found = users_by_email([rider.email for rider in everyone])
    return {rider.number: member for rider in everyone if (member := found[rider.email].member) is not None}


def person(email: str) -> User:
    """One of the accounts."""
    return users_by_email([email])[email]
