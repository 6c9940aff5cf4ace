"""What a trip costs: a pure function from rates, rules and a span to lines that add up."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from core.money import Money, total
from core.time import Span

QUARTER = timedelta(minutes=15)
DAY = timedelta(hours=24)
NIGHT_ENDS, NIGHT_BEGINS = 6, 22  # local hours; the rates of the hours between are the tariff's


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a class on a plan: cents an hour by part of the week, cents a day at most, miles included."""

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

    def hour(self, part: str) -> int:
        return {"weekday": self.weekday_hour, "weekend": self.weekend_hour, "night": self.night_hour}[part]


@dataclass(frozen=True, slots=True)
class Policy:
    """One number of the rules and its version."""

    value: int
    version: int


Policies = Mapping[str, Policy]


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

    @property
    def total(self) -> Money:
        return total([line.amount for line in self.lines])

    def as_json(self) -> dict[str, Any]:
        """What is frozen with a booking."""
        return {"lines": [line.as_json() for line in self.lines], "total_cents": self.total.cents,
                "rates": asdict(self.rates), "waiver": self.waiver}


def quote(rates: Rates, policies: Policies, span: Span, zone: ZoneInfo, waiver: str = "included") -> Quote:
    """The price of having a car for the span, with the chosen damage waiver and all taxes.

    Each 24 hours from the start cost the sum of their quarter-hours or the day's cap, whichever is less, so a
    shorter trip never costs more time. Raises ValueError unless the span is whole quarter-hours.
    """
    lines = [*time_lines(rates, span, zone), *_waiver_lines(policies, span, waiver)]
    taxable = total([line.amount for line in lines])
    lines.append(Line("miles", Money(0), "included_miles", rates.version,
                      {"miles": rates.included_miles * _days(span), "mile_cents": rates.mile}))
    for key in ("tax_city", "tax_state"):
        tax = policies[key]
        lines.append(Line(key, taxable.times(Fraction(tax.value, 10_000)), key, tax.version,
                          {"basis_points": tax.value, "of_cents": taxable.cents}))
    return Quote(tuple(lines), rates, waiver)


def time_lines(rates: Rates, span: Span, zone: ZoneInfo) -> list[Line]:
    """The time part: a line for each kind of hour, and one for what the day's cap takes off."""
    exact = Fraction(0)
    capped = Fraction(0)
    by_part: dict[str, int] = {}
    for block in _blocks(span, zone):
        cost = sum((Fraction(rates.hour(part), 4) for part in block.parts), Fraction(0))
        exact += cost
        capped += min(cost, Fraction(rates.weekend_day if block.weekend else rates.weekday_day))
        for part in block.parts:
            by_part[part] = by_part.get(part, 0) + 1
    lines = [
        Line(f"time_{part}", Money(rates.hour(part)).times(Fraction(count, 4)), f"tariff_{rates.car_class}",
             rates.version, {"minutes": count * 15, "hour_cents": rates.hour(part), "plan": rates.plan})
        for part, count in by_part.items()
    ]
    # Rounded once, over the whole: what the parts' own rounding adds or loses goes into the largest line.
    due = Money(_half_up(capped))
    rest = due - total([line.amount for line in lines])
    if capped < exact and rest.cents < 0:
        lines.append(Line("day_cap", rest, f"tariff_{rates.car_class}", rates.version,
                          {"day_cents": rates.weekday_day, "weekend_day_cents": rates.weekend_day}))
    elif rest.cents:
        largest = max(range(len(lines)), key=lambda at: lines[at].amount.cents)
        lines[largest] = replace(lines[largest], amount=lines[largest].amount + rest)
    return lines


def _half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


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


def _blocks(span: Span, zone: ZoneInfo) -> list[_Block]:
    """The span in stretches of 24 hours. Hours are weekday, weekend (Saturday, Sunday) or night, by the lot's clock."""
    if span.length % QUARTER:
        raise ValueError("bookings come in steps of 15 minutes")
    blocks: list[_Block] = []
    at = span.start
    while at < span.end:
        local = at.astimezone(zone)
        weekend = local.weekday() >= 5
        if (at - span.start) % DAY == timedelta(0):
            blocks.append(_Block(weekend, []))
        night = not NIGHT_ENDS <= local.hour < NIGHT_BEGINS
        blocks[-1].parts.append("night" if night else "weekend" if weekend else "weekday")
        at += QUARTER
    return blocks


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
