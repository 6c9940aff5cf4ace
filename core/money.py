"""Money as whole minor units with a currency; rounding happens here and nowhere else."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in cents (or the currency's own minor unit). Negative amounts are credits."""

    cents: int
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not isinstance(self.cents, int) or isinstance(self.cents, bool):
            raise TypeError("Money is whole cents: round with Money.times, not before it")

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.cents - other.cents, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.cents, self.currency)

    def times(self, ratio: Fraction | int) -> "Money":
        """Scale by a non-negative ratio and round half up, once, here. Raises ValueError below zero."""
        if ratio < 0:
            raise ValueError("Money.times takes a ratio of zero or more; negate the result instead")
        if self.cents < 0:
            return -(-self).times(ratio)
        return Money(int(self.cents * Fraction(ratio) + Fraction(1, 2)), self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}: convert first")


def total(amounts: "list[Money] | tuple[Money, ...]", currency: str = "USD") -> Money:
    """The sum of the amounts; nothing sums to zero in `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
