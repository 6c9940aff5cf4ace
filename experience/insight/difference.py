"""How much a share has changed: the difference of two with Newcombe's hybrid score interval (1998), from their own."""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol


class Measured(Protocol):
    """A share with its interval."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """After less before, between -1 and 1, with its 95 % interval."""

    difference: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves no change out."""
        return self.low > 0 or self.high < 0


def difference(before: Measured, after: Measured) -> Difference:
    """What changed. The two shares are of different times, and taken as independent."""
    change = after.value - before.value
    down = sqrt((after.value - after.low) ** 2 + (before.high - before.value) ** 2)
    up = sqrt((after.high - after.value) ** 2 + (before.value - before.low) ** 2)
    return Difference(change, max(-1.0, change - down), min(1.0, change + up))
