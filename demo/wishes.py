"""What people want a car for, and when: demand by weekday, hour and habit. Pure, by seed and day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from math import exp, log
from random import Random
from zoneinfo import ZoneInfo

from core.time import Span, quarter_at_or_after
from demo.riders import Persona, Place, Rider
from fleet.cars.models import CarClass as C

FURTHEST_AHEAD = timedelta(days=12)  # nobody here books earlier than this


class Purpose(StrEnum):
    COMMUTE = "commute"
    VISIT = "visit"
    SCHOOL = "school"
    PRACTICE = "practice"
    ERRAND = "errand"
    GROCERIES = "groceries"
    NIGHT_OUT = "night_out"
    AIRPORT = "airport"
    DAY_OUT = "day_out"
    AWAY = "away"
    MOVING = "moving"
    CLINIC = "clinic"


@dataclass(frozen=True, slots=True)
class Habit:
    """How a purpose looks: local start hours, minutes of use, lead in minutes, and which classes do."""

    hours: tuple[tuple[float, float], ...]  # (middle, spread) of the start
    minutes: tuple[int, int]
    lead: tuple[int, int]
    classes: tuple[C, ...]
    insists: float = 0.2  # how often they filter by class


HABITS: dict[Purpose, Habit] = {
    Purpose.COMMUTE: Habit(((7.4, 0.5),), (540, 645), (300, 1500), (C.ECONOMY, C.COMPACT, C.EV)),
    Purpose.VISIT: Habit(((9.5, 1.2), (13.5, 1.2)), (120, 330), (45, 4000), (C.COMPACT, C.EV, C.PREMIUM)),
    Purpose.SCHOOL: Habit(((7.3, 0.2), (14.6, 0.3)), (60, 90), (400, 8000), (C.WAGON, C.SUV, C.VAN, C.COMPACT)),
    Purpose.PRACTICE: Habit(((16.6, 0.7),), (105, 180), (300, 6000), (C.WAGON, C.SUV, C.VAN)),
    Purpose.ERRAND: Habit(((11.0, 1.8), (17.8, 1.2)), (60, 150), (4, 500), (C.ECONOMY, C.COMPACT, C.EV), 0.08),
    Purpose.GROCERIES: Habit(((10.2, 1.3), (18.6, 0.9)), (75, 150), (10, 1500), (C.COMPACT, C.WAGON, C.ECONOMY), 0.1),
    Purpose.NIGHT_OUT: Habit(((18.8, 0.9),), (210, 330), (60, 2500), (C.PREMIUM, C.COMPACT, C.EV)),
    Purpose.AIRPORT: Habit(((6.0, 1.5), (15.5, 3.0)), (105, 180), (500, 7000), (C.COMPACT, C.WAGON, C.SUV)),
    Purpose.DAY_OUT: Habit(((9.6, 0.9),), (360, 630), (600, 9000), (C.WAGON, C.SUV, C.EV, C.COMPACT), 0.35),
    Purpose.AWAY: Habit(((16.5, 1.8),), (1500, 3000), (1800, 15000), (C.SUV, C.WAGON, C.PREMIUM), 0.5),
    Purpose.MOVING: Habit(((9.4, 1.0),), (210, 360), (1800, 16000), (C.VAN,), 0.95),
    Purpose.CLINIC: Habit(((10.0, 1.6), (14.0, 1.0)), (120, 240), (800, 12000), (C.ACCESSIBLE,), 0.95),
}

WEEKDAYS, SATURDAY, SUNDAY, FRIDAY = (0, 1, 2, 3, 4), (5,), (6,), (4,)

# How likely each purpose is on a day of the week, by persona.
LIVES: dict[Persona, tuple[tuple[Purpose, tuple[int, ...], float], ...]] = {
    Persona.COMMUTER: ((Purpose.COMMUTE, WEEKDAYS, 0.66), (Purpose.GROCERIES, SATURDAY, 0.5),
                       (Purpose.NIGHT_OUT, FRIDAY, 0.16), (Purpose.ERRAND, SUNDAY, 0.25)),
    Persona.ERRANDS: ((Purpose.ERRAND, WEEKDAYS, 0.5), (Purpose.GROCERIES, (2, 5), 0.42),
                      (Purpose.ERRAND, (5, 6), 0.55), (Purpose.DAY_OUT, SUNDAY, 0.15)),
    Persona.PARENT: ((Purpose.SCHOOL, WEEKDAYS, 0.5), (Purpose.PRACTICE, (1, 3), 0.42),
                     (Purpose.GROCERIES, SATURDAY, 0.8), (Purpose.DAY_OUT, SUNDAY, 0.4)),
    Persona.CONSULTANT: ((Purpose.VISIT, WEEKDAYS, 0.72), (Purpose.AIRPORT, (0, 3), 0.2),
                         (Purpose.NIGHT_OUT, (4, 5), 0.2), (Purpose.ERRAND, SATURDAY, 0.3)),
    Persona.WEEKENDER: ((Purpose.AWAY, FRIDAY, 0.55), (Purpose.DAY_OUT, (5, 6), 0.5), (Purpose.ERRAND, WEEKDAYS, 0.3),
                        (Purpose.NIGHT_OUT, (3,), 0.15)),
    Persona.MOVER: ((Purpose.MOVING, (5, 6), 0.55), (Purpose.ERRAND, WEEKDAYS, 0.35)),
    Persona.WHEELCHAIR: ((Purpose.CLINIC, WEEKDAYS, 0.42), (Purpose.CLINIC, SATURDAY, 0.45)),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants a car: for what, near where, when, and from when on they look for it."""

    key: str
    rider: Rider
    purpose: Purpose
    near: Place
    span: Span
    looks_at: datetime

    @property
    def habit(self) -> Habit:
        return HABITS[self.purpose]


def wishes_on(day: date, rider: Rider, seed: int, zone: ZoneInfo) -> Iterator[Wish]:
    """What this rider wants a car for on this local day."""
    dice = Random(f"{seed}/wishes/{rider.number}/{day}")
    mood_of_the_day = Random(f"{seed}/day/{day}").uniform(0.85, 1.03)  # weather, games, holidays
    for number, (purpose, days, likely) in enumerate(LIVES[rider.persona]):
        if day.weekday() in days and dice.random() < likely * mood_of_the_day:
            yield _wish(f"{day}/{rider.number}/{number}", day, rider, purpose, zone, dice)


def _wish(key: str, day: date, rider: Rider, purpose: Purpose, zone: ZoneInfo, dice: Random) -> Wish:
    habit = HABITS[purpose]
    middle, spread = dice.choice(habit.hours)
    hour = min(max(dice.gauss(middle, spread), 5.0), 22.0)
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hour)
    start = quarter_at_or_after(local.astimezone(UTC))
    minutes = 15 * round(dice.triangular(*habit.minutes) / 15)
    lead = exp(dice.uniform(log(habit.lead[0]), log(habit.lead[1])))
    looks_at = _awake(start - timedelta(minutes=lead), zone, dice) if lead > 90 else start - timedelta(minutes=lead)
    place = rider.work if purpose is Purpose.VISIT else rider.home
    return Wish(key, rider, purpose, place, Span(start, start + timedelta(minutes=minutes)), looks_at)


def _awake(moment: datetime, zone: ZoneInfo, dice: Random) -> datetime:
    """The moment, or some time of the evening before when it falls into the night."""
    hour = moment.astimezone(zone).hour
    return moment if hour >= 6 else moment - timedelta(hours=hour + dice.uniform(1.5, 5))
