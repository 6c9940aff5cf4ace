"""A line of a price, a bill or a statement in words: what it is, on what it rests, and the answer to "why was I charged?"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.money import Money
from portal.billing.words import accounts, trips
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


def shown(line: PriceLine) -> Shown:
    """The line for a table of price lines."""
    return Shown(label(line), basis(line), say.money(line.amount), line.amount.cents < 0)


def label(line: PriceLine) -> str:
    """What the line is, in a few words."""
    return (trips.LABELS.get(line.code) or accounts.LABELS[line.code])(line.facts)


def basis(line: PriceLine) -> str:
    """The small print under it."""
    return (trips.BASES.get(line.code) or accounts.BASES.get(line.code, lambda facts: ""))(line.facts)


def has_words(code: str) -> bool:
    """Whether a row of this code is for members' eyes: what moves between our own books is not."""
    return code in trips.WHYS or code in accounts.WHYS


def why(line: PriceLine, zone: ZoneInfo) -> Why:
    """The answer to "why was I charged?" (or "why did I get?")."""
    explain = trips.WHYS.get(line.code) or accounts.WHYS[line.code]
    sentence, total, evidence = explain(line.facts, line.amount, zone)
    return Why(_question(line), sentence, total, evidence,
               _("%(rule)s, version %(version)d", rule=_rule(line.code), version=line.rule_version))


def _question(line: PriceLine) -> str:
    amount = say.money(Money(abs(line.amount.cents), line.amount.currency))
    asked = accounts.QUESTIONS.get(line.code) or accounts.QUESTIONS.get(f"{line.code.split('_')[0]}_")
    if asked is not None:
        return asked(amount)
    if line.amount.cents < 0:
        return _("Why did I get %(amount)s?", amount=amount)
    return _("Why was I charged %(amount)s?", amount=amount)


def _rule(code: str) -> str:
    rules = {
        "extra_miles": _("Included distance"), "miles": _("Included distance"), "late_fee": _("Late returns"),
        "low_fuel": _("The tank at the return"), "refuel_credit": _("Refuelling credit"), "fuel_refund": _("Fuel and charging"),
        "fee_cancelled": _("Cancelling"), "fee_no_show": _("No-shows"),
        "fee_given_back": _("Cancelling"), "early_return": _("Early returns"), "extra_time": _("Tariff"),
        "membership": _("Membership fee"), "membership_part": _("Membership fee"), "fob_fee": _("Fobs"),
        "toll": _("Passed on at cost"), "ticket": _("Passed on at cost"),
        "cleaning": _("Passed on at cost"), "pass_on_fee": _("Fee for passing on"), "paid": _("Payments"),
        "paid_by_transfer": _("Invoices"), "refunded": _("Refunds"), "refund_failed": _("Refunds"),
        "promo": _("Promo codes"), "reduced_tier": _("Reduced tier"), "young_driver": _("Young drivers"),
        "fee_booking": _("Booking fee"),
        "given_back": _("Corrections"), "settled_before": _("Start of this ledger"),
    }
    families = {"waiver": _("Damage cover"), "tax": _("Taxes"), "granted": _("Credit"), "used": _("Credit"),
                "ended": _("Credit")}
    return rules.get(code) or families.get(code.split("_")[0]) or _("Tariff")
