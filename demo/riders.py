"""Who lives in the demo city: members with a name, a home near a lot, a place of work and habits. Pure, by seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from portal.account.models import Plan


class Persona(StrEnum):
    """What kind of life someone leads; their habits stand in demo/wishes.py."""

    COMMUTER = "commuter"
    ERRANDS = "errands"
    PARENT = "parent"
    CONSULTANT = "consultant"
    WEEKENDER = "weekender"
    MOVER = "mover"
    WHEELCHAIR = "wheelchair"


SHARES: dict[Persona, int] = {
    Persona.COMMUTER: 23, Persona.ERRANDS: 27, Persona.PARENT: 19, Persona.CONSULTANT: 14, Persona.WEEKENDER: 10,
    Persona.MOVER: 3, Persona.WHEELCHAIR: 4,
}

FIRST_NAMES = (
    "Amara", "Bilal", "Camila", "Darnell", "Elena", "Farid", "Greta", "Hiro", "Imani", "Jamal", "Keisha",
    "Luis", "Mei", "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Samir", "Tessa", "Umar", "Valeria", "Wendell",
    "Ximena", "Yusuf", "Zoe", "Aaliyah", "Bruno", "Chidi", "Deborah", "Emeka", "Fatima", "Gustavo", "Hannah",
    "Ivan", "Jasmine", "Kwame", "Leila", "Marcus", "Noelle", "Oksana", "Pablo", "Rahul", "Simone", "Tomasz",
    "Uma", "Victor", "Winnie", "Yara", "Zachary", "Agnes", "Benicio", "Carmen", "Dmitri", "Esther", "Felix",
    "Gloria", "Hassan", "Ingrid", "Jorge",
)
LAST_NAMES = (
    "Abara", "Becker", "Castillo", "Dabrowski", "Edwards", "Fuentes", "Gallagher", "Hughes", "Ibarra",
    "Jackson", "Kowalski", "Lopez", "Murphy", "Nguyen", "Ortiz", "Patel", "Quinn", "Reyes", "Santos",
    "Thompson", "Ueda", "Vargas", "Washington", "Xu", "Young", "Zielinski", "Adeyemi", "Brooks", "Chen",
    "Dixon", "Espinoza", "Foster", "Greene", "Hernandez", "Iqbal", "Jensen", "Kim", "Lewandowski", "Mensah",
    "Novak", "Osei", "Petrov", "Ramirez", "Schmidt", "Tran", "Underwood", "Velez", "Walker", "Yilmaz", "Zhou",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the city."""

    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class Rider:
    """One simulated member."""

    number: int
    email: str
    name: str
    persona: Persona
    plan: Plan
    phone: str
    home: Place
    work: Place
    careful: float  # 0 to 1: fuels in time, comes on time, looks round the car
    talks: float  # how readily this person says how it goes
    joined_days_ago: int


def riders(seed: int, count: int, lots: Sequence[Place]) -> list[Rider]:
    """So many people, each living a short walk from a lot. The first ones stay who they are when there are more."""
    named: set[str] = set()
    return [_rider(seed, number, lots, named) for number in range(1, count + 1)]


def _rider(seed: int, number: int, lots: Sequence[Place], named: set[str]) -> Rider:
    dice = Random(f"{seed}/rider/{number}")
    name = _name(dice)
    while name in named and len(named) < len(FIRST_NAMES) * len(LAST_NAMES):
        name = _name(dice)
    named.add(name)
    return Rider(
        number=number, email=email_of(number), name=name,
        persona=dice.choices(list(SHARES), weights=list(SHARES.values()))[0],
        plan=Plan.REGULAR if dice.random() < 0.72 else Plan.PAY_AS_YOU_GO,
        phone=f"+1 312 555 {dice.randrange(10_000):04d}",
        home=near(dice, dice.choice(lots), 0.006), work=near(dice, dice.choice(lots), 0.003),
        careful=dice.betavariate(5, 2), talks=dice.betavariate(1.6, 4), joined_days_ago=dice.randrange(35, 900),
    )


def email_of(number: int) -> str:
    """The address of the simulated member with this number."""
    return f"rider{number:04d}@example.com"


def _name(dice: Random) -> str:
    return f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"


def near(dice: Random, place: Place, degrees: float) -> Place:
    """A point within so many degrees of a place."""
    return Place(round(place.lat + dice.uniform(-degrees, degrees), 6),
                 round(place.lng + dice.uniform(-degrees, degrees), 6))
