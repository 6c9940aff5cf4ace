"""docs/pricing.md says what the function does: each example is priced from the numbers in its own text."""

import re
from dataclasses import dataclass
from datetime import date

import pytest

from config import ROOT
from core.money import Money
from core.time import Span
from fleet.tariffs.quote import Policy, Promo, Quote, quote
from tests.fleet.tariffs.test_quote import CHICAGO, ECONOMY, POLICIES, local

TEXT = (ROOT / "docs" / "pricing.md").read_text()
TIMES = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) to (?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d), cover (\w+)(.*)\.")


def cents(written: str) -> int:
    whole, part = written.split(".")
    return int(whole) * 100 + int(part)


@dataclass
class Example:
    """A heading, and the text under it."""

    title: str
    text: str

    @property
    def total(self) -> Money:
        (written,) = re.findall(r"\*\*Total \$([\d.]+)\*\*", self.text)
        return Money(cents(written))

    def price(self) -> Quote:
        day, starts, last_day, ends, waiver, more = TIMES.search(self.text).groups()
        span: Span = local(f"{day}T{starts}", f"{last_day or day}T{ends}")
        born, fee = re.search(r"born ([\d-]+)", more), re.search(r"fee \$([\d.]+)", more)
        percent, off = re.search(r"code (\d+) %", more), re.search(r"code \$([\d.]+)", more)
        promo = Promo("DOC", 1, int(percent[1]) if percent else 0, cents(off[1]) if off else 0) if percent or off else None
        rules = POLICIES | ({"fee_booking": Policy(cents(fee[1]), 1)} if fee else {})
        return quote(ECONOMY, rules, span, CHICAGO, waiver, born_on=date.fromisoformat(born[1]) if born else None, promo=promo)


EXAMPLES = [Example(*part.split("\n", 1)) for part in TEXT.split("\n### ")[1:]]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_costs_what_the_page_says_it_does(example):
    assert example.price().total == example.total


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_every_amount_that_is_not_zero_stands_in_the_example(example):
    for line in example.price().lines:
        if line.amount.cents and line.code not in ("day_cap", "time_weekday", "time_weekend", "time_night", "promo"):
            assert f"${abs(line.amount.cents) / 100:.2f}" in example.text, line.code


def test_the_page_has_its_examples_and_states_the_rates_they_use():
    assert len(EXAMPLES) >= 6
    for rate in (ECONOMY.weekday_hour, ECONOMY.weekend_hour, ECONOMY.night_hour, ECONOMY.weekday_day, ECONOMY.weekend_day):
        assert f"${rate / 100:.2f}" in TEXT
    for key in ("young_first_until", "young_second_until", "young_most", "quote_lives"):
        value = POLICIES[key].value if key in POLICIES else 15
        assert re.search(rf"\b{value}\b", TEXT), key
