"""Why a car needs a person now: pure reasons, so that the board can say them and tests can list them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fleet.cars.state import OUT_OF_SERVICE, ShownState

TO_REFUEL = timedelta(hours=2)  # someone must get there before the next member does


class Need(StrEnum):
    """A reason to act, most urgent first."""

    LATE = "late"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"
    OFFLINE = "offline"
    OPEN = "open"
    AWAY = "away"
    LOW_AND_NEXT = "low_and_next"


@dataclass(frozen=True, slots=True)
class Watch:
    """What the reasons follow from. `block_until` is the planned end of the open block, when there is one."""

    state: ShownState
    decided: str
    online: bool
    locked: bool
    away: bool
    low: bool
    at_risk: int = 0
    block_until: datetime | None = None
    next_start: datetime | None = None


def needs(watch: Watch, now: datetime) -> tuple[Need, ...]:
    """Every reason that holds, most urgent first."""
    driven = watch.state in (ShownState.LATE, ShownState.IN_USE)
    parked = not driven and watch.decided not in OUT_OF_SERVICE and watch.state is not ShownState.RETIRED
    holds = {
        Need.LATE: watch.state is ShownState.LATE,
        Need.AT_RISK: watch.at_risk > 0,
        Need.OVERDUE: watch.decided in OUT_OF_SERVICE and not driven
        and (watch.block_until is None or watch.block_until <= now),
        Need.OFFLINE: parked and not watch.online,
        Need.OPEN: parked and watch.online and not watch.locked,
        Need.AWAY: parked and watch.away,
        Need.LOW_AND_NEXT: parked and watch.low and watch.next_start is not None
        and watch.next_start <= now + TO_REFUEL,
    }
    return tuple(need for need in Need if holds[need])
