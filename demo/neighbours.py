"""Neighbours of the demo's member: people whose days are written down, while riders' days are thrown by dice. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.riders import Persona, Place, Rider
from portal.account.models import Plan

# Ada is whom newcomers sign in as; riders count up from one, and whose days are written down, from her downwards.
ADA, RAFAEL, IRIS, THEO, VERA, SAMUEL, LENA, JONAS, HANA, PETER, MINA, TOBIAS, GRACE = range(0, -13, -1)
HANA_BEFORE, HANA_AFTER = "hana.before@example.com", "hana@example.com"  # she changes her address while we look


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who somebody is to us; `card` is the test card that they give, if they give one."""

    number: int
    email: str
    name: str
    joined_days_ago: int
    card: str | None = None


NEIGHBOURS = (
    Neighbour(RAFAEL, "household@example.com", "Rafael Moreno", 220),  # drives on Ada's account
    Neighbour(IRIS, "studio@example.com", "Iris Feldman", 310),  # drives on the business's account
    Neighbour(THEO, "friend@example.com", "Theo Lindgren", 0, "pm_card_discover"),  # came with a member's code
    Neighbour(VERA, "left@example.com", "Vera Molina", 505),
    Neighbour(SAMUEL, "back@example.com", "Samuel Okafor", 640, "pm_card_mastercard"),  # left, and came back
    Neighbour(LENA, "paused@example.com", "Lena Fischer", 190),
    Neighbour(JONAS, "rested@example.com", "Jonas Weber", 275, "pm_card_amex"),  # paused, drives again, changes the plan
    Neighbour(HANA, HANA_BEFORE, "Hana Sato", 150, "pm_card_mastercard"),
    Neighbour(PETER, "erased@example.com", "Peter Vogel", 330),
    Neighbour(MINA, "reduced@example.com", "Mina Haddadi", 120, "pm_card_visa_debit"),
    Neighbour(TOBIAS, "tobias@example.com", "Tobias Grant", 95),
    Neighbour(GRACE, "grace@example.com", "Grace Oyelaran", 410),
)
CARDS = {one.number: one.card for one in NEIGHBOURS}


def neighbours(lots: Sequence[Place]) -> list[Rider]:
    """All of them, each near some lot; Ada and Rafael live together."""
    return [_rider(one, lots) for one in NEIGHBOURS]


def _rider(one: Neighbour, lots: Sequence[Place]) -> Rider:
    lot = lots[len(lots) // 3] if one.number == RAFAEL else lots[-one.number * 7 % len(lots)]
    return Rider(one.number, one.email, one.name, Persona.ERRANDS, Plan.PAY_AS_YOU_GO, f"+1 312 555 {160 - one.number:04d}",
                 Place(lot.lat + 0.0018, lot.lng - 0.0012), lot, careful=0.9, talks=0.6, joined_days_ago=one.joined_days_ago)
