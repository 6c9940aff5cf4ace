"""What the account page lists: a line for each thing that somebody looks after, asked of the rooms that own it.

The app hangs their questions into `app.extensions["account_lines"]`, each of which takes the member and the moment; and into
`app.extensions["users_account_lines"]` those about whoever has an account and no membership.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from flask import current_app
from flask_babel import lazy_gettext as _l

from portal.account.models import Member, User


class Group(StrEnum):
    """The parts of the page, in their order."""

    TRIPS = "trips"
    MEMBERSHIP = "membership"
    MONEY = "money"
    YOU = "you"
    SAFETY = "safety"


GROUPS = {Group.TRIPS: _l("Trips and cars"), Group.MEMBERSHIP: _l("Membership"), Group.MONEY: _l("Money"),
          Group.YOU: _l("You, and how we write to you"), Group.SAFETY: _l("Safety and privacy")}


@dataclass(frozen=True, slots=True)
class Line:
    """One page of the account: what it is about, how that stands now in a few words, and whether something is to be done."""

    group: Group
    icon: str
    label: str
    state: str
    endpoint: str
    known: dict[str, str] = field(default_factory=dict)
    to_do: bool = False


OfMember = Callable[[Member, datetime], list[Line]]
OfUser = Callable[[User, datetime], list[Line]]


def lines_of(user: User, now: datetime, *, but: Group | None = None) -> list[tuple[str, list[Line]]]:
    """Every group that has lines (`but` left out), by its title, each in the order in which the rooms gave them."""
    if user.member is not None:
        of_member: tuple[OfMember, ...] = current_app.extensions["account_lines"]
        found = [line for ask in of_member for line in ask(user.member, now)]
    else:
        of_user: tuple[OfUser, ...] = current_app.extensions["users_account_lines"]
        found = [line for ask_user in of_user for line in ask_user(user, now)]
    grouped = [(str(title), [line for line in found if line.group is group is not but]) for group, title in GROUPS.items()]
    return [(title, lines) for title, lines in grouped if lines]
