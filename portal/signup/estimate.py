"""What the estimator said to somebody who joins: of which trips, and what a month of them costs on each plan.

It is carried in the visit's cookie until there is a sign-up, kept with the application from then on, on whatever device that is
finished, and held against the bills of the first months.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

BILLS = 3  # whole calendar months after joining


@dataclass(frozen=True, slots=True)
class Estimate:
    """So many trips of so many minutes together in a month, and what that month costs on each plan, in cents. `at`: when it was
    said, in seconds. Of the minutes, those at weekends and at night; the miles beyond those included; the class of the car, the
    cover, and whether an age was told: None where an older estimate does not know."""

    trips: int
    minutes: int
    cents: dict[str, int]
    at: float
    weekend: int | None = None
    night: int | None = None
    over_miles: int | None = None
    car_class: str | None = None
    waiver: str | None = None
    age_told: bool | None = None

    @property
    def said_at(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


class Keeps(Protocol):
    """A row that has an estimate: a sign-up or an application."""

    estimate: dict[str, Any] | None


def keep_estimate(row: Keeps, said: Estimate | None) -> None:
    """Have the newer of the two in the row; one without trips says nothing that could be held against a bill."""
    found = newest(row, said)
    row.estimate = asdict(found) if found is not None else None


def newest(row: Keeps, said: Estimate | None) -> Estimate | None:
    """What holds: the one in the row, unless this one is newer."""
    before = kept_estimate(row)
    return said if said is not None and said.trips and (before is None or before.at < said.at) else before


def kept_estimate(row: Keeps) -> Estimate | None:
    """What the row has."""
    return Estimate(**row.estimate) if row.estimate else None
