"""Calendar months of the city, and a fee by the day. Pure: no database and no clock."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from core.money import Money


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a month, today included: which month ("2026-11"), from which day on, and how many of how many days."""

    month: str
    first: int
    days: int
    of: int

    def part(self, fee: Money) -> Money:
        """So much of a month's fee, rounded to the cent."""
        return fee.times(Fraction(self.days, self.of))


def rest_of_month(now: datetime, zone: ZoneInfo) -> Rest:
    """What is left of the month that it is there."""
    local = now.astimezone(zone)
    of = monthrange(local.year, local.month)[1]
    return Rest(month_of(now, zone), local.day, of - local.day + 1, of)


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month there, like "2026-11"."""
    return f"{at.astimezone(zone):%Y-%m}"


def month_begin(at: datetime, zone: ZoneInfo, months: int = 0) -> datetime:
    """When that month began there, or one so many months later or earlier."""
    local = at.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    return datetime(year, month + 1, 1, tzinfo=zone)
