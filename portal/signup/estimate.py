"""What the estimator said to somebody who joins, and how long it is held against their bills."""

from dataclasses import dataclass

BILLS = 3  # whole calendar months after joining


@dataclass(frozen=True, slots=True)
class Estimate:
    """So many trips of so many minutes together in a month, and what that month costs on each plan, in cents."""

    trips: int
    minutes: int
    cents: dict[str, int]
