"""What a trip costs: worked out by hand, and true of every span."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.money import Money, total
from core.time import Span, from_local
from fleet.tariffs.quote import Driver, Line, Policy, Promo, Rates, age_at, included_miles, quote, quoted_again, time_lines

CHICAGO = ZoneInfo("America/Chicago")
# The bundled city's economy class on the regular plan.
ECONOMY = Rates("economy", "regular", 1, weekday_hour=825, weekend_hour=925, night_hour=450, weekday_day=6600,
                weekend_day=7400, included_miles=200, mile=58)
POLICIES = {key: Policy(value, 1) for key, value in {
    "excess_included": 100_000, "excess_plus": 37_500, "excess_premium": 0, "waiver_plus_hour": 50,
    "waiver_plus_day": 295, "waiver_premium_hour": 95, "waiver_premium_day": 595, "tax_city": 900, "tax_state": 500,
    "fee_booking": 0, "young_first_until": 21, "young_first_hour": 806, "young_second_until": 25, "young_second_hour": 306,
    "young_most": 8, "tier_hour_off": 25,
}.items()}


def local(start: str, end: str, *, zone: ZoneInfo = CHICAGO, start_fold: int = 0, end_fold: int = 0) -> Span:
    return Span(from_local(datetime.fromisoformat(start), zone, fold=start_fold),
                from_local(datetime.fromisoformat(end), zone, fold=end_fold))


def time_cents(span: Span, rates: Rates = ECONOMY, zone: ZoneInfo = CHICAGO) -> int:
    return total([line.amount for line in time_lines(rates, span, zone)]).cents


def amounts(lines) -> dict[str, int]:
    return {line.code: line.amount.cents for line in lines}


@pytest.mark.parametrize(("start", "end", "expected"), [
    # Tuesday, Nov 24, 2026
    ("2026-11-24T12:00", "2026-11-24T14:00", {"time_weekday": 1650}),                        # 2 × 8.25
    ("2026-11-24T12:00", "2026-11-24T12:30", {"time_weekday": 413}),                         # 4.125 rounds up
    ("2026-11-24T12:00", "2026-11-24T14:15", {"time_weekday": 1856}),                        # 18.5625 rounds up
    ("2026-11-24T21:00", "2026-11-24T23:00", {"time_weekday": 825, "time_night": 450}),      # night begins at ten
    ("2026-11-24T05:30", "2026-11-24T06:30", {"time_night": 225, "time_weekday": 413}),      # and ends at six: 6.375
    ("2026-11-24T22:00", "2026-11-25T06:00", {"time_night": 3600}),                          # a whole night
    # Friday evening into Saturday: night is night on any day
    ("2026-11-27T21:00", "2026-11-28T07:00", {"time_weekday": 825, "time_night": 3600, "time_weekend": 925}),
    ("2026-11-28T10:00", "2026-11-28T18:00", {"time_weekend": 7400}),                        # eight hours are a day
    ("2026-11-28T10:00", "2026-11-28T19:00", {"time_weekend": 8325, "day_cap": -925}),
    ("2026-11-24T08:00", "2026-11-24T20:00", {"time_weekday": 9900, "day_cap": -3300}),
    # Sunday 6 PM to Monday noon: the day's cap is that of the day it began on
    ("2026-11-29T18:00", "2026-11-30T12:00", {"time_weekend": 3700, "time_night": 3600, "time_weekday": 4950,
                                              "day_cap": 7400 - 12250}),
    # Two days and two hours from Friday noon: 66 + 74 + 2 × 9.25
    ("2026-11-27T12:00", "2026-11-29T14:00", {"time_weekday": 8250, "time_night": 7200, "time_weekend": 22200,
                                              "day_cap": 15850 - 37650}),
])
def test_the_time_part_worked_out_by_hand(start, end, expected):
    assert amounts(time_lines(ECONOMY, local(start, end), CHICAGO)) == expected


@pytest.mark.parametrize(("start", "end", "end_fold", "hours_long"), [
    ("2027-03-14T00:00", "2027-03-14T06:00", 0, 5),  # the clocks go forward: an hour less is an hour less to pay
    ("2026-11-01T00:00", "2026-11-01T06:00", 0, 7),  # and back
    ("2026-11-01T00:00", "2026-11-01T01:30", 0, 1.5),
    ("2026-11-01T00:00", "2026-11-01T01:30", 1, 2.5),
])
def test_a_night_on_which_clocks_change_costs_the_hours_it_really_has(start, end, end_fold, hours_long):
    span = local(start, end, end_fold=end_fold)
    assert amounts(time_lines(ECONOMY, span, CHICAGO)) == {"time_night": int(450 * hours_long)}


def test_a_whole_quote_worked_out_by_hand():
    span = local("2026-11-24T12:00", "2026-11-24T14:15")
    made = quote(ECONOMY, POLICIES, span, CHICAGO, "plus")
    # 18.5625 → 18.56 · 2.25 × 0.50 = 1.125 → 1.13 · city 9 % of 19.69 = 1.7721 · state 5 % = 0.9845
    assert amounts(made.lines) == {"time_weekday": 1856, "waiver_plus": 113, "miles": 0, "tax_city": 177,
                                   "tax_state": 98}
    assert made.total == Money(1856 + 113 + 177 + 98)


@pytest.mark.parametrize(("taxable_cents", "city", "state"), [
    (50, 5, 3),   # 4.5 → 5 and 2.5 → 3
    (10, 1, 1),   # 0.9 and 0.5
    (1, 0, 0),
    (0, 0, 0),
])
def test_taxes_round_half_up(taxable_cents, city, state):
    flat = Rates("economy", "regular", 1, taxable_cents, taxable_cents, taxable_cents, 10**6, 10**6, 200, 58)
    made = amounts(quote(flat, POLICIES, local("2026-11-24T12:00", "2026-11-24T13:00"), CHICAGO).lines)
    assert (made["tax_city"], made["tax_state"]) == (city, state)


@pytest.mark.parametrize(("waiver", "length", "cents"), [
    ("included", 5, 0), ("included", 300, 0),
    ("plus", 2, 100), ("plus", 5.75, 288), ("plus", 6, 295), ("plus", 24, 295), ("plus", 25, 345), ("plus", 48, 590),
    ("premium", 2, 190), ("premium", 7, 595), ("premium", 24, 595), ("premium", 26, 785),
])
def test_a_waiver_costs_its_hours_or_its_day_whichever_is_less(waiver, length, cents):
    start = local("2026-11-24T12:00", "2026-11-24T13:00").start
    made = quote(ECONOMY, POLICIES, Span(start, start + timedelta(hours=length)), CHICAGO, waiver)
    line = next(line for line in made.lines if line.code.startswith("waiver"))
    assert (line.code, line.amount.cents) == (f"waiver_{waiver}", cents)
    assert line.facts["excess_cents"] == POLICIES[f"excess_{waiver}"].value


@pytest.mark.parametrize(("length", "miles"), [(0.5, 200), (24, 200), (24.25, 400), (48, 400), (49, 600)])
def test_each_day_begun_includes_its_miles(length, miles):
    start = local("2026-11-24T12:00", "2026-11-24T13:00").start
    span = Span(start, start + timedelta(hours=length))
    assert included_miles(ECONOMY, span) == miles
    (line,) = [line for line in quote(ECONOMY, POLICIES, span, CHICAGO).lines if line.code == "miles"]
    assert line.facts["miles"] == miles


def test_a_span_off_the_quarter_hours_has_no_price():
    start = local("2026-11-24T12:00", "2026-11-24T13:00").start
    with pytest.raises(ValueError, match="15 minutes"):
        quote(ECONOMY, POLICIES, Span(start, start + timedelta(minutes=40)), CHICAGO)


def test_a_quote_is_kept_with_its_lines_and_rates_and_read_back_the_same():
    made = quote(ECONOMY, POLICIES, local("2026-11-27T12:00", "2026-11-29T14:00"), CHICAGO, "premium")
    kept = made.as_json()
    assert tuple(Line.from_json(line) for line in kept["lines"]) == made.lines
    assert Rates(**kept["rates"]) == ECONOMY
    assert kept["total_cents"] == made.total.cents


# True of every span and all rates.

ZONES = st.sampled_from([CHICAGO, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"),
                         ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
STARTS = st.integers(0, 4 * 24 * 800).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(minutes=15))
LENGTHS = st.integers(1, 4 * 24 * 14)
CENTS = st.integers(0, 3000)
RATES = st.builds(Rates, st.just("economy"), st.just("regular"), st.just(1), CENTS, CENTS, CENTS,
                  st.integers(0, 20_000), st.integers(0, 20_000), st.integers(0, 300), CENTS)
WAIVERS = st.sampled_from(["included", "plus", "premium"])


def spanning(start: datetime, quarters: int) -> Span:
    return Span(start, start + quarters * timedelta(minutes=15))


def cents_an_hour(weekday: int, weekend: int, night: int, day: int = 10_000) -> Rates:
    return Rates("economy", "regular", 1, weekday, weekend, night, day, day, 200, 58)


FRIDAY_EVENING = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)  # 9:30 PM in Chicago


@given(RATES, STARTS, LENGTHS, ZONES, WAIVERS)
@example(cents_an_hour(1, 0, 1, day=20), FRIDAY_EVENING, 100, CHICAGO, "included")  # a cent to spare
def test_a_price_is_the_sum_of_its_lines_and_never_negative(rates, start, quarters, zone, waiver):
    made = quote(rates, POLICIES, spanning(start, quarters), zone, waiver)
    assert made.total.cents == sum(line.amount.cents for line in made.lines) >= 0
    assert all(line.amount.cents >= 0 for line in made.lines if line.code != "day_cap")
    assert all(line.amount.cents <= 0 for line in made.lines if line.code == "day_cap")
    minutes = sum(line.facts["minutes"] for line in made.lines if line.code.startswith("time_"))
    assert minutes == quarters * 15


@given(RATES, STARTS, LENGTHS, LENGTHS, ZONES)
def test_the_time_part_is_never_dearer_when_the_trip_is_shorter(rates, start, one, other, zone):
    shorter, longer = sorted((one, other))
    assert (time_cents(spanning(start, shorter), rates, zone) <= time_cents(spanning(start, longer), rates, zone))


@given(RATES, STARTS, LENGTHS, ZONES)
def test_the_time_part_is_the_exact_price_rounded_once(rates, start, quarters, zone):
    exact = Fraction(0)
    for first in range(0, quarters, 96):
        block = Fraction(0)
        for n in range(first, min(first + 96, quarters)):
            at = (start + n * timedelta(minutes=15)).astimezone(zone)
            rate = rates.night_hour if at.hour >= 22 or at.hour < 6 else (
                rates.weekend_hour if at.weekday() >= 5 else rates.weekday_hour)
            block += Fraction(rate, 4)
        weekend = (start + first * timedelta(minutes=15)).astimezone(zone).weekday() >= 5
        exact += min(block, Fraction(rates.weekend_day if weekend else rates.weekday_day))
    assert time_cents(spanning(start, quarters), rates, zone) == int(exact + Fraction(1, 2))


@given(STARTS, LENGTHS, ZONES)
def test_the_price_is_the_same_in_whichever_zone_the_span_is_written(start, quarters, zone):
    span = spanning(start, quarters)
    written = Span(span.start.astimezone(zone), span.end.astimezone(zone))
    assert quote(ECONOMY, POLICIES, written, CHICAGO) == quote(ECONOMY, POLICIES, span, CHICAGO)


PROMOS = st.one_of(st.none(), st.builds(Promo, st.just("ROW"), st.just(1), st.integers(1, 100), st.just(0)),
                   st.builds(Promo, st.just("ROW"), st.just(1), st.just(0), st.integers(1, 50_000)))
DRIVERS = st.builds(Driver, st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2009, 1, 1))),
                    st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2029, 1, 1))))
TAXED = st.builds(lambda city, state, fee, off: POLICIES | {
    "tax_city": Policy(city, 1), "tax_state": Policy(state, 2), "fee_booking": Policy(fee, 3), "tier_hour_off": Policy(off, 4)},
    st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 2000), st.integers(0, 100))


@given(RATES, TAXED, STARTS, LENGTHS, ZONES, WAIVERS, DRIVERS, PROMOS)
def test_with_a_code_a_young_driver_and_a_fee_it_is_still_the_sum_of_its_lines_and_never_negative(
        rates, rules, start, quarters, zone, waiver, driver, promo):
    made = quote(rates, rules, spanning(start, quarters), zone, waiver, driver=driver, promo=promo)
    assert made.total.cents == sum(line.amount.cents for line in made.lines) >= 0
    assert all(line.amount.cents >= 0 for line in made.lines if line.code not in ("day_cap", "reduced_tier", "promo"))
    taxed = sum(line.amount.cents for line in made.lines if not line.code.startswith("tax_"))
    assert all(line.facts["of_cents"] == taxed >= 0 for line in made.lines if line.code.startswith("tax_"))
    time = sum(line.amount.cents for line in made.lines if line.code.startswith(("time_", "day_cap")))
    off = -sum(line.amount.cents for line in made.lines if line.code in ("reduced_tier", "promo"))
    assert 0 <= off <= time
    assert all(line.rule and line.rule_version >= 1 for line in made.lines)


@given(RATES, STARTS, LENGTHS, LENGTHS, ZONES, DRIVERS, PROMOS)
def test_what_is_left_of_the_time_and_the_young_drivers_line_are_never_dearer_when_the_trip_is_shorter(
        rates, start, one, other, zone, driver, promo):
    def parts(quarters: int) -> tuple[int, int]:
        made = amounts(quote(rates, POLICIES, spanning(start, quarters), zone, driver=driver, promo=promo).lines)
        return (sum(cents for code, cents in made.items() if code.startswith(("time_", "day_cap", "reduced_", "promo"))),
                made.get("young_driver", 0))

    shorter, longer = (parts(quarters) for quarters in sorted((one, other)))
    assert shorter[0] <= longer[0]
    assert shorter[1] <= longer[1]


@given(RATES, STARTS, LENGTHS, ZONES, WAIVERS, DRIVERS, PROMOS)
def test_what_was_frozen_prices_the_same_span_the_same_again(rates, start, quarters, zone, waiver, driver, promo):
    span = spanning(start, quarters)
    made = quote(rates, POLICIES, span, zone, waiver, driver=driver, promo=promo)
    assert quoted_again(made.as_json(), POLICIES, span, zone, born_on=driver.born_on) == made


def test_a_quote_from_before_there_were_codes_and_nights_of_a_tariff_is_priced_again_as_it_was():
    span = local("2026-11-24T20:00", "2026-11-24T23:00")
    made = quote(ECONOMY, POLICIES, span, CHICAGO)
    old = made.as_json()
    del old["promo"], old["reduced_until"], old["rates"]["night_from"], old["rates"]["night_until"]
    assert quoted_again(old, POLICIES, span, CHICAGO) == made


@pytest.mark.parametrize(("night", "night_minutes"), [
    ((22, 6), 480), ((0, 5), 300), ((23, 23), 0), ((24, 6), 360), ((0, 24), 1440)])
def test_night_is_between_the_hours_of_the_tariff(night, night_minutes):
    rates = replace(ECONOMY, night_from=night[0], night_until=night[1])
    lines = time_lines(rates, local("2026-11-24T12:00", "2026-11-25T12:00"), CHICAGO)
    assert sum(line.facts["minutes"] for line in lines if line.code == "time_night") == night_minutes


@pytest.mark.parametrize(("born_on", "start", "under"), [
    ("2005-11-25", "2026-11-24T23:45", 21), ("2005-11-25", "2026-11-25T00:00", 25),  # 21 from midnight at the car
    ("2001-11-25", "2026-11-24T23:45", 25), ("2001-11-25", "2026-11-25T00:00", None),
    ("2004-02-29", "2025-02-28T12:00", 21), ("2004-02-29", "2025-03-01T12:00", 25),  # born on a leap day
    (None, "2026-11-25T00:00", None),
])
def test_the_age_at_the_start_by_the_lots_clock_counts(born_on, start, under):
    begins = from_local(datetime.fromisoformat(start), CHICAGO)
    lines = quote(ECONOMY, POLICIES, Span(begins, begins + timedelta(hours=2)), CHICAGO,
                  driver=Driver(date.fromisoformat(born_on) if born_on else None)).lines
    assert [line.facts["under"] for line in lines if line.code == "young_driver"] == ([under] if under else [])


@pytest.mark.parametrize(("until", "start", "percent"), [
    ("2026-11-24", "2026-11-24T23:45", 25), ("2026-11-24", "2026-11-25T00:00", None),  # its last day, by the clock at the car
    (None, "2026-11-24T12:00", None),
])
def test_the_reduced_tier_lowers_the_time_of_trips_that_start_while_it_counts_and_a_code_takes_from_the_rest(
        until, start, percent):
    begins = from_local(datetime.fromisoformat(start), CHICAGO)
    lines = quote(ECONOMY, POLICIES, Span(begins, begins + timedelta(hours=2)), CHICAGO, "plus",
                  driver=Driver(None, date.fromisoformat(until) if until else None), promo=Promo("ROW", 1, 10, 0)).lines
    (time, *_) = (line.amount.cents for line in lines if line.code.startswith("time_"))
    off = {line.code: line for line in lines if line.amount.cents < 0}
    if percent is None:
        assert off.keys() == {"promo"}
        return
    assert off["reduced_tier"].facts == {"percent": 25, "of_cents": time}
    assert (off["reduced_tier"].rule, off["reduced_tier"].rule_version) == ("tier_hour_off", 1)
    assert off["promo"].facts["of_cents"] == time + off["reduced_tier"].amount.cents
    assert amounts(lines)["waiver_plus"] == 100  # cover and surcharges are not reduced


def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_first_of_march_of_other_years():
    ages = [age_at(date(2004, 2, 29), from_local(datetime.fromisoformat(day), CHICAGO), CHICAGO)
            for day in ("2025-02-28", "2025-03-01", "2028-02-28", "2028-02-29")]
    assert ages == [20, 21, 23, 24]


LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour forward and back


@pytest.mark.parametrize(("start", "end", "hours_long"), [
    ("2026-10-04T00:00", "2026-10-04T06:00", 5.5), ("2026-04-05T00:00", "2026-04-05T06:00", 6.5)])
def test_half_an_hour_that_is_missing_or_comes_twice_is_not_paid_or_paid_twice(start, end, hours_long):
    span = local(start, end, zone=LORD_HOWE)
    lines = quote(ECONOMY, POLICIES, span, LORD_HOWE, driver=Driver(date(2006, 12, 1)), promo=Promo("ROW", 1, 0, 100)).lines
    assert amounts(lines)["time_night"] == int(450 * hours_long)
    assert amounts(lines)["young_driver"] == int(806 * hours_long)


PRICED_ELSEWHERE = """
import sys, time
time.tzset()
from tests.fleet.tariffs.test_quote import CHICAGO, ECONOMY, POLICIES, local
from fleet.tariffs.quote import quote
from datetime import date
from fleet.tariffs.quote import Driver, Promo
from tests.fleet.tariffs.test_quote import LORD_HOWE
for zone, start, end in ((CHICAGO, "2026-11-27T12:00", "2026-11-29T14:00"), (CHICAGO, "2027-03-13T22:00", "2027-03-14T09:00"),
                         (CHICAGO, "2026-10-31T22:00", "2026-11-01T09:00"), (LORD_HOWE, "2026-10-03T20:00", "2026-10-04T09:00"),
                         (LORD_HOWE, "2026-04-04T20:00", "2026-04-05T09:00")):
    print(quote(ECONOMY, POLICIES, local(start, end, zone=zone), zone, "plus", driver=Driver(date(2005, 11, 28)),
                promo=Promo("ROW", 1, 15, 0)).as_json())
"""


def test_the_bill_is_the_same_under_any_zone_of_the_server():
    running = [
        subprocess.Popen([sys.executable, "-c", PRICED_ELSEWHERE], stdout=subprocess.PIPE,
                         env=os.environ | {"TZ": zone, "PYTHONPATH": "."})
        for zone in ("UTC", "Australia/Lord_Howe", "America/Chicago")]
    said = {process.communicate(timeout=60)[0] for process in running}
    assert len(said) == 1
    assert b"total_cents" in said.pop()
