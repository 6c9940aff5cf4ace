"""docs/pricing.md says what the function does: each example is priced from the numbers in its own text."""

import csv
import re
from dataclasses import dataclass
from datetime import date

import pytest

from config import ROOT
from core.money import Money
from core.time import Span
from fleet.tariffs.quote import Driver, Policy, Promo, Quote, quote
from tests.fleet.tariffs.test_quote import CHICAGO, ECONOMY, POLICIES, local

TEXT = (ROOT / "docs" / "pricing.md").read_text()
CITY_POLICIES = list(csv.DictReader((ROOT / "cities" / "chicago" / "policies.csv").read_text().splitlines()))
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
        tier = re.search(r"reduced until ([\d-]+)", more)
        percent, off = re.search(r"code (\d+) %", more), re.search(r"code \$([\d.]+)", more)
        promo = Promo("DOC", 1, int(percent[1]) if percent else 0, cents(off[1]) if off else 0) if percent or off else None
        rules = POLICIES | ({"fee_booking": Policy(cents(fee[1]), 1)} if fee else {})
        return quote(ECONOMY, rules, span, CHICAGO, waiver, driver=Driver(
            date.fromisoformat(born[1]) if born else None, date.fromisoformat(tier[1]) if tier else None), promo=promo)


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


def policy(key: str) -> int:
    """The newest number of the bundled city."""
    return [int(row["value"]) for row in CITY_POLICIES if row["key"] == key and not row.get("city")][-1]


@pytest.mark.parametrize(("sentence", "key"), [
    (r"an hourly amount under (\d+) and a smaller one", "young_first_until"),
    (r"a smaller one\s+under (\d+), for", "young_second_until"),
    (r"for at most (\d+) hours of each 24\.", "young_most"),
    (r"(\d+) % off the time part for whoever has shown a benefit", "tier_hour_off"),
    (r"A quote lives for (\d+) minutes \(policy `quote_lives`\)", "quote_lives"),
])
def test_a_sentence_says_the_number_that_the_city_has(sentence, key):
    assert [int(said) for said in re.findall(sentence, TEXT)] == [policy(key)]


def test_the_examples_and_their_text_go_by_what_the_city_charges():
    assert {key: rule.value for key, rule in POLICIES.items()} == {key: policy(key) for key in POLICIES}
    (city, state), = re.findall(r"Taxes are (\d+) % for the city and (\d+) % for the state\.", TEXT)
    assert (int(city) * 100, int(state) * 100) == (policy("tax_city"), policy("tax_state"))
    (hour, day), = re.findall(r"Cover Plus is \$([\d.]+) an hour, \$([\d.]+) a day at most\.", TEXT)
    assert (cents(hour), cents(day)) == (policy("waiver_plus_hour"), policy("waiver_plus_day"))
    assert [int(said) for said in re.findall(r"(\d+) a day are included", TEXT)] == [ECONOMY.included_miles]
