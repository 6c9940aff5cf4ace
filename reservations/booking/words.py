"""Price lines in words: what a line is, on what it rests, and the answer to "why was I charged?"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.money import Money
from portal.web import say


class PriceLine(Protocol):
    """A line of a quote or of a bill."""

    @property
    def code(self) -> str: ...
    @property
    def amount(self) -> Money: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the page's table takes it."""

    label: str
    basis: str
    amount: str
    credit: bool


@dataclass(frozen=True, slots=True)
class Why:
    """A line explained: the question, a sentence, the sum written out, the evidence, the rule with its version."""

    question: str
    sentence: str
    sum: str
    evidence: str
    rule: str


Facts = Mapping[str, Any]


def shown(line: PriceLine) -> Shown:
    """The line for a table of price lines."""
    return Shown(label(line), basis(line), say.money(line.amount), line.amount.cents < 0)


def label(line: PriceLine) -> str:
    """What the line is, in a few words."""
    return _LABELS[line.code](line.facts)


def basis(line: PriceLine) -> str:
    """The small print under it."""
    return _BASES.get(line.code, lambda facts: "")(line.facts)


def why(line: PriceLine, zone: ZoneInfo) -> Why:
    """The answer to "why was I charged?" (or "why did I get?")."""
    amount = say.money(Money(abs(line.amount.cents), line.amount.currency))
    question = (_("Why did I get %(amount)s?", amount=amount) if line.amount.cents < 0
                else _("Why was I charged %(amount)s?", amount=amount))
    sentence, total, evidence = _WHYS[line.code](line.facts, line.amount, zone)
    return Why(question, sentence, total, evidence,
               _("%(rule)s, version %(version)d", rule=_rule(line.code), version=line.rule_version))


def _time_label(facts: Facts) -> str:
    return _("%(time)s at %(rate)s an hour", time=say.duration(facts["minutes"]), rate=say.cents(facts["hour_cents"]))


def _percent(facts: Facts) -> str:
    return say.percent(facts["basis_points"] / 100)


_LABELS: dict[str, Callable[[Facts], str]] = {
    "time_weekday": _time_label,
    "time_weekend": _time_label,
    "time_night": _time_label,
    "day_cap": lambda facts: _("Day price: the hours beyond it are free"),
    "waiver_included": lambda facts: _("Cover, %(excess)s excess", excess=say.dollars(facts["excess_cents"])),
    "waiver_plus": lambda facts: _("Cover Plus, %(excess)s excess", excess=say.dollars(facts["excess_cents"])),
    "waiver_premium": lambda facts: _("Cover Premium, no excess"),
    "miles": lambda facts: _("Fuel or charging, and %(miles)s miles", miles=say.number(facts["miles"])),
    "tax_city": lambda facts: _("City lease tax, %(percent)s", percent=_percent(facts)),
    "tax_state": lambda facts: _("State renting tax, %(percent)s", percent=_percent(facts)),
    "tax_city_after": lambda facts: _("City lease tax on the lines after the trip, %(percent)s", percent=_percent(facts)),
    "tax_state_after": lambda facts: _("State renting tax on the lines after the trip, %(percent)s",
                                       percent=_percent(facts)),
    "extra_miles": lambda facts: _("%(over)s miles over %(included)s, at %(rate)s", over=say.number(facts["over"]),
                                   included=say.number(facts["included"]), rate=say.cents(facts["mile_cents"])),
    "extra_time": lambda facts: _("%(time)s longer than booked", time=say.duration(facts["minutes"])),
    "late_fee": lambda facts: _("Back %(time)s late, with someone waiting", time=say.duration(facts["late_minutes"])),
    "low_fuel": lambda facts: _("Returned with the tank below %(least)s", least=say.percent(facts["least_percent"])),
    "fuel_refund": lambda facts: _("Your receipt, refunded"),
    "refuel_credit": lambda facts: _("Thanks for refuelling"),
    "fee_cancelled": lambda facts: _("Cancelled after the free time"),
    "fee_no_show": lambda facts: _("Nobody came"),
}

_BASES: dict[str, Callable[[Facts], str]] = {
    "time_weekday": lambda facts: _("Weekday rate, %(plan)s plan", plan=plan_name(facts["plan"])),
    "time_weekend": lambda facts: _("Weekend rate, %(plan)s plan", plan=plan_name(facts["plan"])),
    "time_night": lambda facts: _("Night rate, 10 PM to 6 AM, %(plan)s plan", plan=plan_name(facts["plan"])),
    "waiver_included": lambda facts: _("Included. Third-party cover is always in."),
    "waiver_plus": lambda facts: _("%(hour)s an hour, %(day)s a day at most", hour=say.cents(facts["hour_cents"]),
                                   day=say.cents(facts["day_cents"])),
    "waiver_premium": lambda facts: _("%(hour)s an hour, %(day)s a day at most", hour=say.cents(facts["hour_cents"]),
                                      day=say.cents(facts["day_cents"])),
    "miles": lambda facts: _("Included; then %(rate)s a mile", rate=say.cents(facts["mile_cents"])),
    "extra_miles": lambda facts: _("After the trip"),
    "extra_time": lambda facts: _("After the trip, at the normal price"),
    "late_fee": lambda facts: _("After the trip"),
    "low_fuel": lambda facts: _("After the trip, by the car’s own sensor"),
    "fuel_refund": lambda facts: _("Fuel and charging are in the price"),
    "refuel_credit": lambda facts: _("%(minutes)d minutes of driving", minutes=facts["minutes"]),
}


def plan_name(plan: str) -> str:
    """A plan's name."""
    return {"payg": _("Pay-as-you-go"), "regular": _("Regular")}[plan]


def _rule(code: str) -> str:
    rules = {
        "extra_miles": _("Included distance"), "miles": _("Included distance"), "late_fee": _("Late returns"),
        "low_fuel": _("The tank at the return"), "refuel_credit": _("Refuelling credit"), "fuel_refund": _("Fuel and charging"),
        "fee_cancelled": _("Cancelling"), "fee_no_show": _("No-shows"), "extra_time": _("Tariff"),
    }
    if code.startswith("waiver"):
        return _("Damage cover")
    if code.startswith("tax"):
        return _("Taxes")
    return rules.get(code, _("Tariff"))


Explained = tuple[str, str, str]


def _quoted() -> str:
    return _("Your quote, frozen when you booked")


def _why_time(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You booked the car for this time."),
            _("%(time)s × %(rate)s an hour = %(amount)s", time=say.duration(facts["minutes"]),
              rate=say.cents(facts["hour_cents"]), amount=say.money(amount)), _quoted())


def _why_cap(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("A day never costs more than its day price, so we took the rest off."),
            _("Day price %(weekday)s, weekends %(weekend)s; taken off: %(amount)s", weekday=say.cents(facts["day_cents"]),
              weekend=say.cents(facts["weekend_day_cents"]), amount=say.money(-amount)), _quoted())


def _why_waiver(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You chose this cover. If the car is damaged, the most you pay is %(excess)s.",
              excess=say.dollars(facts["excess_cents"])),
            _("For the time booked: %(amount)s", amount=say.money(amount)), _quoted())


def _why_miles(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Fuel or charging and these miles are in the price."), say.money(amount), _quoted())


def _why_tax(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The city and the state tax car sharing; we pass it on as it is."),
            _("%(of)s × %(percent)s = %(amount)s", of=say.cents(facts["of_cents"]), percent=_percent(facts),
              amount=say.money(amount)), _("The lines above"))


def _why_extra_miles(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You drove %(driven)s miles. %(included)s are included; each mile after that is %(rate)s.",
              driven=say.number(facts["driven"]), included=say.number(facts["included"]),
              rate=say.cents(facts["mile_cents"])),
            _("(%(driven)s − %(included)s) × %(rate)s = %(amount)s", driven=say.number(facts["driven"]),
              included=say.number(facts["included"]), rate=say.cents(facts["mile_cents"]), amount=say.money(amount)),
            _("Odometer %(start)s at the start and %(end)s at the end, read by the car",
              start=say.number(facts["odometer_start"]), end=say.number(facts["odometer_end"])))


def _why_extra_time(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The trip ended after the time you had booked. The extra time costs the normal price."),
            _("%(time)s at the rates of your quote = %(amount)s", time=say.duration(facts["minutes"]),
              amount=say.money(amount)),
            _("Booked until %(booked)s, ended %(ended)s", booked=_moment(facts["booked_end"], zone),
              ended=_moment(facts["ended_at"], zone)))


def _why_late(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Another member was waiting for the car. The first %(grace)d minutes are free; then each quarter-hour "
              "costs %(step)s, at most %(most)s.", grace=facts["grace_minutes"], step=say.cents(facts["step_cents"]),
              most=say.cents(facts["most_cents"])),
            _("%(steps)d × %(step)s = %(amount)s", steps=facts["steps"], step=say.cents(facts["step_cents"]),
              amount=say.money(amount)),
            _("%(minutes)d minutes late, by the lock’s clock", minutes=facts["late_minutes"]))


def _why_low(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The tank was below %(least)s at the return, and the next member had to fill it first.",
              least=say.percent(facts["least_percent"])),
            say.money(amount), _("Tank at the return: %(percent)s, read by the car",
                                 percent=say.percent(facts["energy_percent"])))


def _why_refund(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Fuel and charging are in the price, and you paid yourself."), say.money(-amount),
            _("The stop you logged on this trip"))


def _why_credit(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You refuelled a car that was below %(below)s.", below=say.percent(facts["below"])),
            _("%(minutes)d minutes at %(rate)s an hour = %(amount)s", minutes=facts["minutes"],
              rate=say.cents(facts["hour_cents"]), amount=say.money(-amount)),
            _("Tank before the stop: %(percent)s, read by the car", percent=say.percent(facts["energy_before"])))


def _why_fee(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The free time to cancel was over. The fee is the price, capped at one day."),
            _("Price %(price)s, fee %(amount)s", price=say.cents(facts["price_cents"]), amount=say.money(amount)),
            _("Free until %(until)s, ended %(at)s", until=_moment(facts["free_until"], zone),
              at=_moment(facts["at"], zone)))


def _moment(written: str, zone: ZoneInfo) -> str:
    return say.moment(datetime.fromisoformat(written), zone)


_WHYS: dict[str, Callable[[Facts, Money, ZoneInfo], Explained]] = {
    "time_weekday": _why_time, "time_weekend": _why_time, "time_night": _why_time, "day_cap": _why_cap,
    "waiver_included": _why_waiver, "waiver_plus": _why_waiver, "waiver_premium": _why_waiver, "miles": _why_miles,
    "tax_city": _why_tax, "tax_state": _why_tax, "tax_city_after": _why_tax, "tax_state_after": _why_tax,
    "extra_miles": _why_extra_miles, "extra_time": _why_extra_time, "late_fee": _why_late, "low_fuel": _why_low,
    "fuel_refund": _why_refund, "refuel_credit": _why_credit, "fee_cancelled": _why_fee, "fee_no_show": _why_fee,
}
