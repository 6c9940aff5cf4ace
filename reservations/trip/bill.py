"""The bill: the frozen quote, plus what happened after it, line by line. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from core.money import Money, total
from core.time import Span, quarter_at_or_after
from fleet.tariffs.quote import Line, Policies, Quote, Rates, included_miles, tax_lines, time_lines


@dataclass(frozen=True, slots=True)
class Refuelled:
    """A fuel stop as the bill sees it: who paid, how much, how full the tank was before, and whether the car's own box
    saw it filled."""

    paid_by_member: bool
    amount: Money
    energy_before: int
    seen_filling: bool = True


@dataclass(frozen=True, slots=True)
class Unused:
    """Booked time that was left when the car came back and that others can book: minutes, and what they cost before taxes."""

    minutes: int
    worth: Money


@dataclass(frozen=True, slots=True)
class Driven:
    """What happened: the planned span, when it really ended, miles, energy at the end, stops, and who waited."""

    span: Span
    ended_at: datetime
    start_odometer: float
    end_odometer: float | None  # by the car's own box; None when it was silent, and then no mile is charged
    end_energy: int | None  # by the car's own sensor; None when it was silent
    electric: bool
    stops: tuple[Refuelled, ...]
    next_starts_at: datetime | None
    unused: Unused | None = None

    @property
    def charged_until(self) -> datetime:
        """The end of the time that is paid for: as booked, or by the started quarter-hour when it came back later."""
        return quarter_at_or_after(max(self.ended_at, self.span.end))


def bill_after(driven: Driven, rates: Rates, policies: Policies, zone: ZoneInfo) -> list[Line]:
    """The lines after the trip: miles beyond those included, time beyond the booked end, fuel, credits, taxes on them."""
    charges = [*_miles(driven, rates), *_extra_time(driven, rates, zone), *_early_return(driven, policies)]
    taxable = total([line.amount for line in charges])
    taxes = tax_lines(policies, taxable, "_after") if taxable.cents else []
    return [*charges, *taxes, *_late_fee(driven, policies), *_low_energy(driven, policies), *_fuel(driven, rates, policies)]


def whole_price(quoted: Quote, driven: Driven, policies: Policies, zone: ZoneInfo) -> tuple[Line, ...]:
    """Every line of a trip: those of its quote, and those after it by the same rates. What an estimate says of a trip and what
    past trips would have cost on another plan are both this."""
    return (*quoted.lines, *bill_after(driven, quoted.rates, policies, zone))


def _miles(driven: Driven, rates: Rates) -> list[Line]:
    if driven.end_odometer is None:
        return []
    miles = int(driven.end_odometer - driven.start_odometer)
    included = included_miles(rates, Span(driven.span.start, driven.charged_until))
    over = miles - included  # the started mile at the end is ours
    if over <= 0:
        return []
    return [Line("extra_miles", Money(rates.mile).times(over), "included_miles", rates.version, {
        "driven": miles, "included": included, "over": over, "mile_cents": rates.mile,
        "odometer_start": round(driven.start_odometer), "odometer_end": round(driven.end_odometer)})]


def _extra_time(driven: Driven, rates: Rates, zone: ZoneInfo) -> list[Line]:
    """Time after the booked end, at the normal price, by started quarter-hours; within the day's cap."""
    end = driven.charged_until
    if end == driven.span.end:
        return []
    longer = total([line.amount for line in time_lines(rates, Span(driven.span.start, end), zone)])
    booked = total([line.amount for line in time_lines(rates, driven.span, zone)])
    minutes = int((end - driven.span.end).total_seconds() // 60)
    return [Line("extra_time", longer - booked, f"tariff_{rates.car_class}", rates.version, {
        "minutes": minutes, "ended_at": driven.ended_at.isoformat(), "booked_end": driven.span.end.isoformat()})]


def _early_return(driven: Driven, policies: Policies) -> list[Line]:
    """A share of the time that was paid for and not used, when it is long enough for somebody else to book."""
    unused = driven.unused
    if unused is None or unused.minutes < policies["early_return_least"].value or unused.worth.cents <= 0:
        return []
    share = policies["early_return_share"]
    return [Line("early_return", -unused.worth.times(Fraction(share.value, 100)), "early_return_share", share.version, {
        "minutes": unused.minutes, "percent": share.value, "worth_cents": unused.worth.cents,
        "ended_at": driven.ended_at.isoformat(), "booked_end": driven.span.end.isoformat()})]


def _late_fee(driven: Driven, policies: Policies) -> list[Line]:
    """Only when somebody waited: ten minutes' grace, then a fee for each started quarter-hour, capped."""
    waiting = driven.next_starts_at
    if waiting is None or driven.ended_at <= waiting:
        return []
    late = driven.ended_at - max(driven.span.end, waiting)
    grace = timedelta(minutes=policies["late_grace"].value)
    if late <= grace:
        return []
    step = timedelta(minutes=policies["late_step"].value)
    steps = -(-(late - grace) // step)
    fee = policies["late_fee"]
    amount = Money(min(fee.value * steps, policies["late_most"].value))
    return [Line("late_fee", amount, "late_fee", fee.version, {
        "late_minutes": int(late.total_seconds() // 60), "grace_minutes": policies["late_grace"].value,
        "steps": steps, "step_cents": fee.value, "most_cents": policies["late_most"].value})]


def _low_energy(driven: Driven, policies: Policies) -> list[Line]:
    """Below a quarter at the return, by the car's own sensor. Electric cars are plugged in instead."""
    low, fee = policies["low_energy"], policies["low_energy_fee"]
    if driven.electric or driven.end_energy is None or driven.end_energy >= low.value:
        return []
    return [Line("low_fuel", Money(fee.value), "low_energy_fee", fee.version,
                 {"energy_percent": driven.end_energy, "least_percent": low.value})]


def _fuel(driven: Driven, rates: Rates, policies: Policies) -> list[Line]:
    lines = [
        Line("fuel_refund", -stop.amount, "fuel_included", 1, {"paid_cents": stop.amount.cents})
        for stop in driven.stops if stop.paid_by_member
    ]
    below, reward = policies["refuel_below"], policies["refuel_reward"]
    earned = [stop for stop in driven.stops if stop.seen_filling and stop.energy_before < below.value]
    if earned and not driven.electric:
        credit = Money(rates.weekday_hour).times(Fraction(reward.value, 60))
        lines.append(Line("refuel_credit", -credit, "refuel_reward", reward.version, {
            "energy_before": earned[0].energy_before, "below": below.value, "minutes": reward.value,
            "hour_cents": rates.weekday_hour}))
    return lines

