"""What the service asks of the boxes in its cars, in its own words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

UNIT = re.compile(r"[A-Za-z0-9_-]{1,40}")
PATIENCE_SECONDS = 8.0  # nobody waits longer than this for a car


class Action(StrEnum):
    """What a box can be told to do."""

    FLASH = "flash"
    HORN = "horn"
    UNLOCK = "unlock"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Setup:
    """A car as the service first hears of it; `tank_miles` is the range of a full tank or battery."""

    unit: str
    name: str
    lat: float
    lng: float
    odometer_miles: float
    energy_percent: int
    tank_miles: int
    electric: bool

    def __post_init__(self) -> None:
        if not UNIT.fullmatch(self.unit):
            raise ValueError("a unit is 1 to 40 letters, digits, dashes and underscores")
        check_position(self.lat, self.lng)
        check_percent(self.energy_percent)
        if not 0 <= self.odometer_miles < 10_000_000:
            raise ValueError("an odometer shows 0 to 10 million miles")
        if not 0 < self.tank_miles <= 5_000:
            raise ValueError("a full tank lasts more than 0 and at most 5,000 miles")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a box says of its car. `sequence` grows with every change over the whole service.

    While `online` is false the rest is what was last heard, at `at`. `tap` is the number of the fob that was last held to its
    reader, at `tapped_at`: the box itself opens for none, it says so and waits to be told.
    """

    unit: str
    sequence: int
    at: datetime
    lat: float
    lng: float
    odometer_miles: float
    energy_percent: int
    locked: bool
    doors_open: int
    engine_on: bool
    plugged_in: bool
    online: bool
    tap: str | None = None
    tapped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """A box's word that it has acted."""

    unit: str
    action: Action
    once: str
    at: datetime


class TelematicsTrouble(Exception):
    """Why there is no Ack or Reading; `reason` is a short code for logs and decisions."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CarSilent(TelematicsTrouble):
    """No answer in time: silent, offline, timeout. The car may still act; ask again with the same `once`."""


class CarRefused(TelematicsTrouble):
    """The answer was no: door_open, engine_on, unknown_unit, once_reused, or what the box itself says."""


class TelematicsDown(TelematicsTrouble):
    """The service that reaches the cars is down or makes no sense. Ask again with the same `once`."""


class Telematics(Protocol):
    """The boxes in the cars. A unit is a car's VIN."""

    def send(self, unit: str, action: Action, *, once: str) -> Ack:
        """Have the car act. The same `once` never acts twice: it is answered with the first Ack.

        Raises CarSilent, CarRefused, TelematicsDown; ValueError for a `once` that `check_once` refuses.
        """

    def read(self, unit: str) -> Reading:
        """Ask the box how the car is now. An offline car is answered with what was last heard of it.

        Raises CarSilent, CarRefused (unknown_unit), TelematicsDown.
        """

    def changes(self, since: int, limit: int = 500) -> list[Reading]:
        """Each car's newest reading after the sequence `since`, oldest change first; waits for no car.

        Go on from the last one's sequence. A `since` beyond the newest is of before the service started afresh: it is
        answered from the beginning. Raises TelematicsDown.
        """

    def install(self, setups: Sequence[Setup]) -> None:
        """Tell the service which cars there are; those it knows keep their state. Raises TelematicsDown."""


def check_once(once: str) -> None:
    """Raise ValueError unless `once` is 1 to 200 visible ASCII characters."""
    if not re.fullmatch(r"[!-~]{1,200}", once):
        raise ValueError("once is 1 to 200 visible ASCII characters")


def check_percent(percent: int) -> None:
    """Raise ValueError unless it is 0 to 100."""
    if not 0 <= percent <= 100:
        raise ValueError("a tank or battery holds 0 to 100 percent")


def check_position(lat: float, lng: float) -> None:
    """Raise ValueError unless it is a place on earth, in degrees."""
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise ValueError("a position is a latitude of -90 to 90 and a longitude of -180 to 180 degrees")
