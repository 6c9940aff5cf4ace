"""What a car is doing now: a pure function of what staff decided, what its box says, who has it and who is next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fleet.cars.models import CarState

SOON = timedelta(hours=1)  # a booking that starts within this makes a parked car "booked"


class ShownState(StrEnum):
    """The word that stands beside a car on the board, most urgent first."""

    LATE = "late"
    DAMAGED = "damaged"
    OFFLINE = "offline"
    MAINTENANCE = "maintenance"
    CLEANING = "cleaning"
    TRANSPORT = "transport"
    IN_USE = "in_use"
    BOOKED = "booked"
    CHARGING = "charging"
    AVAILABLE = "available"
    RETIRED = "retired"


OUT_OF_SERVICE = frozenset({CarState.CLEANING, CarState.MAINTENANCE, CarState.DAMAGED, CarState.TRANSPORT})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the state follows from. `due_back` is the planned end of the trip in progress, when there is one."""

    decided: str
    online: bool
    plugged_in: bool = False
    due_back: datetime | None = None
    next_start: datetime | None = None


def shown_state(facts: Facts, now: datetime) -> ShownState:
    """Possession first, then what staff decided, then silence, then the calendar, then the plug.

    A car that is being driven is in use whatever was decided about it: a block begins when the trip has ended.
    """
    if facts.due_back is not None:
        return ShownState.LATE if facts.due_back < now else ShownState.IN_USE
    if facts.decided != CarState.AVAILABLE:
        return ShownState(facts.decided)
    if not facts.online:
        return ShownState.OFFLINE
    if facts.next_start is not None and facts.next_start <= now + SOON:
        return ShownState.BOOKED
    return ShownState.CHARGING if facts.plugged_in else ShownState.AVAILABLE
