"""What becomes of a booking: cancelled, forgotten, driven; early, late; clean, dirty. Pure, by seed and reference."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from core.time import Span

COOLING_OFF = timedelta(minutes=25)
COMES_AT_LEAST_BEFORE_END = timedelta(minutes=25)


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive: when the car sets off and arrives, how far in miles, and whether it is locked at the stop."""

    sets_off: datetime
    arrives: datetime
    miles: float
    locks: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """What a rider will do with a booking, as far as it is in their hands."""

    dice_seed: str
    cancels_at: datetime | None
    forgets: bool
    arrives: datetime
    comes_too_early: bool
    flashes: bool
    skips_check: bool
    finds_mark: bool
    rates: int | None
    car_is_silent: bool
    car_says_no: bool
    leaves_door_open: bool
    silent_at_return: bool
    typo_in_odometer: bool
    parks_elsewhere: bool
    returns: datetime

    def dice(self, what: str) -> Random:
        """Dice of their own for each thing, so that one thing more or less leaves the others as they are."""
        return Random(f"{self.dice_seed}/{what}")


def fate_of(*, seed: int, reference: str, span: Span, booked_at: datetime, careful: float, dirty: float) -> Fate:
    """Decide. `careful` is the rider's, 0 to 1; `dirty` the car's, 0 to 1."""
    name = f"{seed}/{reference}"
    dice = Random(name)
    cancels_at = _cancels(dice, span, booked_at)
    arrives = span.start + timedelta(seconds=_arrival(dice, span))
    if arrives < booked_at + timedelta(minutes=2):
        arrives = booked_at + timedelta(seconds=dice.uniform(150, 900))
    return Fate(
        dice_seed=name, cancels_at=cancels_at, forgets=dice.random() < 0.012,
        arrives=arrives, comes_too_early=dice.random() < 0.02, flashes=dice.random() < 0.24,
        skips_check=dice.random() < 0.16 - 0.13 * careful, finds_mark=dice.random() < 0.015,
        rates=_rating(dice, dirty) if dice.random() < 0.45 else None,
        car_is_silent=dice.random() < 0.014, car_says_no=dice.random() < 0.006, leaves_door_open=dice.random() < 0.022,
        silent_at_return=dice.random() < 0.006, typo_in_odometer=dice.random() < 0.008,
        parks_elsewhere=dice.random() < 0.012, returns=_returns(dice, span, arrives, careful),
    )


def _cancels(dice: Random, span: Span, booked_at: datetime) -> datetime | None:
    """Plans change: mostly while it is still free, sometimes an hour before."""
    lead = span.start - booked_at
    if dice.random() >= (0.05 if lead < timedelta(hours=2) else 0.095):
        return None
    if lead < timedelta(minutes=30) or dice.random() < 0.25:
        at = booked_at + COOLING_OFF * dice.uniform(0.1, 0.9)
    elif dice.random() < 0.7:
        at = booked_at + lead * dice.uniform(0.1, 0.8)
    else:
        at = span.start - timedelta(minutes=dice.uniform(8, 150))
    return at if booked_at + timedelta(minutes=2) < at < span.start - timedelta(minutes=2) else None


def _arrival(dice: Random, span: Span) -> float:
    """Seconds after the start: a few come early, most within minutes, some have to look for the garage."""
    latest = (span.length - COMES_AT_LEAST_BEFORE_END).total_seconds()
    seconds = dice.gauss(60, 260) if dice.random() < 0.85 else dice.uniform(300, 2400)
    return min(max(seconds, -570), max(latest, 60))


def _returns(dice: Random, span: Span, arrives: datetime, careful: float) -> datetime:
    """Mostly just in time, often early, and the less careful the later."""
    kind, length = dice.random(), span.length.total_seconds()
    if kind < 0.30:
        seconds = -dice.uniform(600, max(900, length * 0.3))
    elif kind < 0.80 + 0.12 * careful:
        seconds = -dice.uniform(20, 720)
    elif kind < 0.985:
        seconds = dice.uniform(60, 2100)
    else:
        seconds = dice.uniform(2400, 7200)
    return max(span.end + timedelta(seconds=seconds), arrives + timedelta(minutes=18))


def _rating(dice: Random, dirty: float) -> int:
    good = 1 - dirty
    return dice.choices((5, 4, 3, 2, 1), weights=(62 * good, 30, 9 + 14 * dirty, 3 + 12 * dirty, 1 + 5 * dirty))[0]


def legs_of(fate: Fate, begins: datetime) -> list[Leg]:
    """The drives between the first unlock and the return: there, on, and back."""
    dice, settling_in = fate.dice("legs"), fate.dice("settles in").triangular(60, 420, 150)
    seconds = max((fate.returns - begins).total_seconds(), 600)
    hours = seconds / 3600
    count = 2 if hours < 4 else 3 if hours < 12 else 4 if hours < 30 else 6
    miles = max(2.0, min(hours * dice.uniform(3.0, 8.5), 60 + hours * 3.4)) * dice.uniform(0.7, 1.35)
    shares = [dice.uniform(0.7, 1.3) for _ in range(count)]
    slots = seconds / count
    legs = []
    for number, share in enumerate(shares):
        leg_miles = round(miles * share / sum(shares), 1)
        drive = min(max(leg_miles / 24 * 3600, 240), slots * 0.8)
        leg_miles = min(leg_miles, round(drive / 3600 * 62, 1)) or 0.5
        last = number == count - 1
        wait = min(settling_in, slots * 0.2) if number == 0 else 150
        sets_off = slots * number + wait if not last else seconds - drive - 100
        arrives = sets_off + drive
        legs.append(Leg(begins + timedelta(seconds=sets_off), begins + timedelta(seconds=arrives), leg_miles,
                        locks=not last and slots - drive > 900 and dice.random() < 0.24))
    return legs
