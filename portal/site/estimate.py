"""My trips a month, as a bill on each plan and against a car of one's own. Pure: each trip is priced by the same `quote()`
and `whole_price()` as a booking and its bill, on a weekday, a Saturday and a night of a week in which no clock changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.money import Money, total
from core.time import Span
from fleet.tariffs.quote import Driver, Line, Policies, Rates, quote
from reservations.trip.bill import Driven, whole_price

TUESDAY, SATURDAY = 1, 5
MORNING = 10  # o'clock: when a trip by day begins, for the sum
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trips:
    """So many trips of one kind in a month: `part` is weekday, weekend or night; minutes and miles of each."""

    part: str
    count: int
    minutes: int
    miles: int


@dataclass(frozen=True, slots=True)
class Priced:
    """What one such trip costs with everything on it, and all of them in a month."""

    trips: Trips
    lines: tuple[Line, ...]

    @property
    def each(self) -> Money:
        return total([line.amount for line in self.lines])

    @property
    def month(self) -> Money:
        return self.each.times(self.trips.count)

    @property
    def taxes(self) -> Money:
        """The taxes in `each`."""
        return total([line.amount for line in self.lines if line.code.startswith("tax_")])


@dataclass(frozen=True, slots=True)
class Bill:
    """A month on one plan."""

    plan: str
    membership: Money
    rows: tuple[Priced, ...]

    @property
    def month(self) -> Money:
        return self.membership + total([row.month for row in self.rows])


@dataclass(frozen=True, slots=True)
class Owning:
    """A month with a car of one's own: standing there, and each mile."""

    standing: Money
    mile: Money
    miles: int

    @property
    def driving(self) -> Money:
        return self.mile.times(self.miles)

    @property
    def month(self) -> Money:
        return self.standing + self.driving


def bills(trips: Sequence[Trips], rates: Mapping[str, Rates], policies: Policies, zone: ZoneInfo, near: datetime, *,
          age: int | None = None, waiver: str = "included") -> list[Bill]:
    """The month on each plan that has rates (`rates`: by plan, of one class), the cheapest first; of two that cost the same
    the one with the smaller membership. `near`: about when, which decides the week. `age`: full years, if they are told."""
    found = [Bill(plan, Money(policies[f"membership_{plan}"].value), tuple(
        price(each, of_plan, policies, zone, near, age=age, waiver=waiver) for each in trips if each.count))
        for plan, of_plan in rates.items()]
    return sorted(found, key=lambda bill: (bill.month.cents, bill.membership.cents))


def price(trips: Trips, rates: Rates, policies: Policies, zone: ZoneInfo, near: datetime, *, age: int | None = None,
          waiver: str = "included") -> Priced:
    """One trip of this kind: its quote, and what its miles add. Raises ValueError unless it lasts whole quarter-hours."""
    span = example_span(trips, rates, zone, near)
    born_on = date(span.start.astimezone(zone).year - age, 1, 1) if age is not None else None
    quoted = quote(rates, policies, span, zone, waiver, driver=Driver(born_on))
    driven = Driven(span, ended_at=span.end, start_odometer=0, end_odometer=trips.miles, end_energy=None, electric=False,
                    stops=(), next_starts_at=None)
    return Priced(trips, whole_price(quoted, driven, policies, zone))


def example_span(trips: Trips, rates: Rates, zone: ZoneInfo, near: datetime) -> Span:
    """When such a trip would be: from ten on a Tuesday or Saturday, or on a Tuesday when the night begins."""
    day = _quiet_monday(near, zone, timedelta(minutes=trips.minutes)) + timedelta(
        days=SATURDAY if trips.part == "weekend" else TUESDAY)
    hour = rates.night_from % 24 if trips.part == "night" else MORNING
    start = datetime.combine(day, time(hour), zone)
    return Span(start, start + timedelta(minutes=trips.minutes))


def _quiet_monday(near: datetime, zone: ZoneInfo, length: timedelta) -> date:
    """The Monday of the next week in which no clock is changed before such a trip is over."""
    today = near.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday()) + WEEK
    while _offset(monday, zone) != _offset(monday + WEEK + length, zone):
        monday += WEEK
    return monday


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(12), zone).utcoffset()
