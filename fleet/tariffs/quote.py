"""What a trip costs: a pure function from rates, rules and a span to lines that add up."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from core.money import Money, total
from core.time import Span

QUARTER = timedelta(minutes=15)
DAY = timedelta(hours=24)
TAXES = ("tax_city", "tax_state")
AGES = ("young_first", "young_second")  # the younger first: each with its hour and the birthday it ends on


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a class on a plan: cents an hour by part of the week, cents a day at most, miles included, and the
    local hours at which night begins and ends; there is no night where they are the same."""

    car_class: str
    plan: str
    version: int
    weekday_hour: int
    weekend_hour: int
    night_hour: int
    weekday_day: int
    weekend_day: int
    included_miles: int
    mile: int
    night_from: int = 22
    night_until: int = 6

    def hour(self, part: str) -> int:
        return {"weekday": self.weekday_hour, "weekend": self.weekend_hour, "night": self.night_hour}[part]

    def part(self, local: datetime) -> str:
        """The part of the week that a moment by the lot's clock belongs to: weekday, weekend (Saturday, Sunday) or night."""
        after, before = local.hour >= self.night_from, local.hour < self.night_until
        if (after and before) if self.night_from <= self.night_until else (after or before):
            return "night"
        return "weekend" if local.weekday() >= 5 else "weekday"


@dataclass(frozen=True, slots=True)
class Policy:
    """One number of the rules and its version."""

    value: int
    version: int


Policies = Mapping[str, Policy]


@dataclass(frozen=True, slots=True)
class Promo:
    """What a promo code takes off the time part: a percentage of it, or cents as far as there are any. One of the two is 0."""

    code: str
    version: int
    percent: int
    cents: int

    def off(self, time: Money) -> Money:
        """How much less the time costs; never more than it costs."""
        return time.times(Fraction(self.percent, 100)) if self.percent else Money(min(self.cents, time.cents), time.currency)


@dataclass(frozen=True, slots=True)
class Driver:
    """What of a driver makes a price, as far as it is known: the day of birth, and the last day of the reduced tier."""

    born_on: date | None = None
    reduced_until: date | None = None


NOBODY = Driver()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a price: what it is (`code` and `facts` make the words), how much, and by which rule."""

    code: str
    amount: Money
    rule: str
    rule_version: int
    facts: dict[str, int | str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "amount_cents": self.amount.cents, "currency": self.amount.currency,
                "rule": self.rule, "rule_version": self.rule_version, "facts": self.facts}

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> "Line":
        return Line(kept["code"], Money(kept["amount_cents"], kept["currency"]), kept["rule"],
                    kept["rule_version"], dict(kept["facts"]))


@dataclass(frozen=True, slots=True)
class Quote:
    """Every line of a price; `total` is their sum and nothing else."""

    lines: tuple[Line, ...]
    rates: Rates
    waiver: str
    promo: Promo | None = None
    reduced_until: date | None = None

    @property
    def total(self) -> Money:
        return total([line.amount for line in self.lines])

    def as_json(self) -> dict[str, Any]:
        """What is frozen with a booking."""
        return {"lines": [line.as_json() for line in self.lines], "total_cents": self.total.cents,
                "rates": asdict(self.rates), "waiver": self.waiver, "promo": asdict(self.promo) if self.promo else None,
                "reduced_until": self.reduced_until.isoformat() if self.reduced_until else None}


def quote(rates: Rates, policies: Policies, span: Span, zone: ZoneInfo, waiver: str = "included", *,
          driver: Driver = NOBODY, promo: Promo | None = None) -> Quote:
    """The price of having a car for the span, with the chosen damage waiver, all fees and all taxes.

    Each 24 hours from the start cost the sum of their quarter-hours or the day's cap, whichever is less, so a
    shorter trip never costs more time. A driver whose day of birth is known pays what their age at the start adds; with
    the reduced tier on the day of the start the time costs less, and a promo code takes its part off what is left.
    Raises ValueError unless the span is whole quarter-hours.
    """
    time = time_lines(rates, span, zone)
    time += _tier_lines(policies, span, zone, driver, total([line.amount for line in time]))
    lines = [*time, *_promo_lines(promo, total([line.amount for line in time])),
             *_young_lines(policies, span, zone, driver.born_on), *_waiver_lines(policies, span, waiver), *_fee_lines(policies)]
    taxable = total([line.amount for line in lines])
    lines.append(Line("miles", Money(0), "included_miles", rates.version,
                      {"miles": rates.included_miles * _days(span), "mile_cents": rates.mile}))
    return Quote((*lines, *tax_lines(policies, taxable)), rates, waiver, promo, driver.reduced_until)


def quoted_again(kept: Mapping[str, Any], policies: Policies, span: Span, zone: ZoneInfo, *, born_on: date | None = None,
                 rates: Rates | None = None) -> Quote:
    """The price of another span by what a booking froze: its rates (unless `rates` are those of another class), its waiver,
    its promo code and the reduced tier as it was then. `policies` are those of the moment at which it was booked."""
    return quote(rates or Rates(**kept["rates"]), policies, span, zone, kept["waiver"],
                 driver=Driver(born_on, reduced_until_of(kept)), promo=promo_of(kept))


def promo_of(kept: Mapping[str, Any]) -> Promo | None:
    """The promo code in a frozen quote; older quotes know of none."""
    return Promo(**kept["promo"]) if kept.get("promo") else None


def reduced_until_of(kept: Mapping[str, Any]) -> date | None:
    """The last day of the reduced tier in a frozen quote; older quotes know of none."""
    return date.fromisoformat(kept["reduced_until"]) if kept.get("reduced_until") else None


def tax_lines(policies: Policies, taxable: Money, after: str = "") -> list[Line]:
    """What each tax of the place adds; one that is not taken there has no line. `after` ends the codes of a bill's lines."""
    return [Line(f"{key}{after}", taxable.times(Fraction(policies[key].value, 10_000)), key, policies[key].version,
                 {"basis_points": policies[key].value, "of_cents": taxable.cents}) for key in TAXES if policies[key].value]


def time_lines(rates: Rates, span: Span, zone: ZoneInfo) -> list[Line]:
    """The time part: a line for each kind of hour, and one for what the day's cap takes off."""
    exact = capped = 0  # in quarters of a cent: a quarter-hour's part of the hour's cents
    by_part: dict[str, int] = {}
    for block in _blocks(rates, span, zone):
        cost = sum(rates.hour(part) for part in block.parts)
        exact += cost
        capped += min(cost, 4 * (rates.weekend_day if block.weekend else rates.weekday_day))
        for part in block.parts:
            by_part[part] = by_part.get(part, 0) + 1
    lines = [
        Line(f"time_{part}", Money(rates.hour(part)).times(Fraction(count, 4)), f"tariff_{rates.car_class}",
             rates.version, {"minutes": count * 15, "hour_cents": rates.hour(part), "plan": rates.plan,
                             **({"from": rates.night_from, "until": rates.night_until} if part == "night" else {})})
        for part, count in by_part.items()
    ]
    # Rounded once, over the whole: what the parts' own rounding adds or loses goes into the largest line.
    due = Money(1).times(Fraction(capped, 4))
    rest = due - total([line.amount for line in lines])
    if capped < exact and rest.cents < 0:
        lines.append(Line("day_cap", rest, f"tariff_{rates.car_class}", rates.version,
                          {"day_cents": rates.weekday_day, "weekend_day_cents": rates.weekend_day}))
    elif rest.cents:
        largest = max(range(len(lines)), key=lambda at: lines[at].amount.cents)
        lines[largest] = replace(lines[largest], amount=lines[largest].amount + rest)
    return lines


@dataclass(frozen=True, slots=True)
class _Block:
    """24 hours from the start, or what is left of them: each quarter-hour's part of the week."""

    weekend: bool
    parts: list[str]


def included_miles(rates: Rates, span: Span) -> int:
    """Miles in the price: the daily allowance for each 24 hours begun."""
    return rates.included_miles * _days(span)


def _days(span: Span) -> int:
    return max(1, -(-span.minutes // 1440))


def _blocks(rates: Rates, span: Span, zone: ZoneInfo) -> list[_Block]:
    """The span in stretches of 24 hours, by the lot's clock; each has the day's cap of the day on which it begins."""
    if span.length % QUARTER:
        raise ValueError("bookings come in steps of 15 minutes")
    blocks: list[_Block] = []
    at = span.start
    while at < span.end:
        local = at.astimezone(zone)
        if (at - span.start) % DAY == timedelta(0):
            blocks.append(_Block(local.weekday() >= 5, []))
        blocks[-1].parts.append(rates.part(local))
        at += QUARTER
    return blocks


def _tier_lines(policies: Policies, span: Span, zone: ZoneInfo, driver: Driver, time: Money) -> list[Line]:
    """What the reduced tier takes off the time part, when it counts on the day by the lot's clock on which the trip starts."""
    if driver.reduced_until is None or span.start.astimezone(zone).date() > driver.reduced_until:
        return []
    off = policies["tier_hour_off"]
    return [Line("reduced_tier", -time.times(Fraction(off.value, 100)), "tier_hour_off", off.version, {
        "percent": off.value, "of_cents": time.cents})] if off.value else []


def _promo_lines(promo: Promo | None, time: Money) -> list[Line]:
    if promo is None:
        return []
    return [Line("promo", -promo.off(time), "promo", promo.version, {
        "code": promo.code, "percent": promo.percent, "cents": promo.cents, "of_cents": time.cents})]


def age_at(born_on: date, moment: datetime, zone: ZoneInfo) -> int:
    """Full years on that day by the lot's clock. Who was born on February 29 is a year older on March 1 of other years."""
    day = moment.astimezone(zone).date()
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _young_lines(policies: Policies, span: Span, zone: ZoneInfo, born_on: date | None) -> list[Line]:
    """By started quarter-hours, of each 24 hours from the start no more than the policy says."""
    if born_on is None:
        return []
    age = age_at(born_on, span.start, zone)
    group = next((group for group in AGES if age < policies[f"{group}_until"].value), None)
    if group is None:
        return []
    hour, most = policies[f"{group}_hour"], policies["young_most"].value
    whole_days, rest = divmod(span.minutes, 1440)
    minutes = whole_days * most * 60 + min(rest, most * 60)
    return [Line("young_driver", Money(hour.value).times(Fraction(minutes, 60)), f"{group}_hour", hour.version, {
        "minutes": minutes, "hour_cents": hour.value, "under": policies[f"{group}_until"].value, "most": most})]


def _fee_lines(policies: Policies) -> list[Line]:
    fee = policies["fee_booking"]
    return [Line("fee_booking", Money(fee.value), "fee_booking", fee.version)] if fee.value else []


def _waiver_lines(policies: Policies, span: Span, waiver: str) -> list[Line]:
    excess = policies[f"excess_{waiver}"]
    facts: dict[str, int | str] = {"excess_cents": excess.value}
    if waiver == "included":
        return [Line("waiver_included", Money(0), "excess_included", excess.version, facts)]
    hour, day = policies[f"waiver_{waiver}_hour"], policies[f"waiver_{waiver}_day"]
    whole_days, rest = divmod(span.minutes, 1440)
    part = min(Money(hour.value).times(Fraction(rest, 60)).cents, day.value)
    amount = Money(whole_days * day.value + part)
    return [Line(f"waiver_{waiver}", amount, f"waiver_{waiver}_hour", hour.version,
                 {**facts, "hour_cents": hour.value, "day_cents": day.value})]
