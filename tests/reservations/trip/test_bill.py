"""The bill is the frozen quote and what the member caused after it, each line with its reason."""

import ast
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database import transaction
from core.money import Money, total
from core.time import Span
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Driver, Policy, Promo, quote
from fleet.telematics.player.cars import Faults
from portal.billing.words import basis, label, shown, why
from portal.billing.words.trips import BASES, LABELS, WHYS
from reservations.booking.billing import bill_of, receipt_lines
from reservations.booking.cancel import cancel
from reservations.booking.models import Status, Waiver
from reservations.fuel.log_stop import Fill, log_stop
from reservations.fuel.models import PaidBy
from reservations.trip.bill import Driven, Refuelled, Unused, bill_after
from reservations.trip.queries import trip_of
from reservations.trip.return_car import return_car
from reservations.trip.scene import scene_of
from tests.factories import NOON, a_car, hours
from tests.fleet.tariffs.test_quote import CHICAGO, ECONOMY, POLICIES, amounts, time_cents
from tests.reservations.made import booked

RULES = POLICIES | {key: replace(POLICIES["tax_city"], value=value) for key, value in {
    "late_grace": 10, "late_step": 15, "late_fee": 1000, "late_most": 10_000, "low_energy": 25, "low_energy_fee": 3000,
    "refuel_below": 40, "refuel_reward": 20}.items()}
SPAN = hours(0, 2)  # Tuesday noon to two
ON_TIME = Driven(SPAN, SPAN.end, 1000.0, 1030.0, 60, electric=False, stops=(), next_starts_at=None)


def after(**changes) -> dict[str, int]:
    return amounts(bill_after(replace(ON_TIME, **changes), ECONOMY, RULES, CHICAGO))


def minutes_late(minutes: float, **changes):
    return {"ended_at": SPAN.end + timedelta(minutes=minutes)} | changes


def test_an_ordinary_trip_adds_nothing():
    assert after() == {}
    assert after(ended_at=SPAN.end - timedelta(hours=1)) == {}


@pytest.mark.parametrize(("miles", "cents"), [(200, None), (200.9, None), (201, 58), (350.5, 150 * 58)])
def test_each_whole_mile_over_the_included_ones_costs_the_mile_and_its_taxes(miles, cents):
    expected = {} if cents is None else {
        "extra_miles": cents, "tax_city_after": Money(cents).times(Fraction(9, 100)).cents,
        "tax_state_after": Money(cents).times(Fraction(5, 100)).cents}
    assert after(end_odometer=1000 + miles) == expected


def test_a_trip_of_two_days_includes_the_miles_of_two():
    span = hours(0, 25)
    assert after(span=span, ended_at=span.end, end_odometer=1400.0) == {}


@pytest.mark.parametrize(("late_hours", "miles", "over"), [(21.9, 400, 200), (22, 400, 200), (22.1, 400, None), (46.1, 601, 1)])
def test_the_included_miles_follow_the_whole_time_that_is_charged(late_hours, miles, over):
    made = after(**minutes_late(late_hours * 60, end_odometer=1000 + miles))
    assert made.get("extra_miles") == (over and over * 58)


@pytest.mark.parametrize(("late", "quarters"), [(0.1, 1), (15, 1), (15.1, 2), (60, 4)])
def test_time_after_the_booked_end_costs_the_normal_price_by_started_quarter_hours(late, quarters):
    made = after(**minutes_late(late))
    assert made["extra_time"] == time_cents(Span(SPAN.start, SPAN.end + quarters * timedelta(minutes=15))) - 1650
    assert "late_fee" not in made


def test_extra_time_stays_within_the_days_cap():
    span = hours(0, 8)  # eight hours are 66, the price of a day
    assert after(span=span, ended_at=span.end + timedelta(hours=5)) == {"extra_time": 0}


@pytest.mark.parametrize(("late", "steps"), [
    (9, 0), (10, 0),     # ten minutes of grace
    (10.5, 1), (25, 1),  # each started quarter-hour after it
    (25.5, 2), (40, 2), (70, 4),
    (160, 10), (600, 10),  # at most 100 dollars
])
def test_being_late_with_someone_waiting_costs_a_fee_after_the_grace(late, steps):
    made = after(**minutes_late(late, next_starts_at=SPAN.end))
    assert made.get("late_fee", 0) == steps * 1000
    assert made["extra_time"] > 0


@pytest.mark.parametrize("waits_after", [30, 45])
def test_only_the_minutes_that_somebody_waited_count(waits_after):
    made = after(**minutes_late(45, next_starts_at=SPAN.end + timedelta(minutes=waits_after)))
    assert made.get("late_fee", 0) == (1000 if waits_after == 30 else 0)


def test_the_late_fee_is_no_rent_and_has_no_tax():
    late = after(**minutes_late(20, next_starts_at=SPAN.end))
    alone = after(**minutes_late(20))
    assert (late["tax_city_after"], late["tax_state_after"]) == (alone["tax_city_after"], alone["tax_state_after"])


@pytest.mark.parametrize(("energy", "electric", "fee"), [
    (24, False, 3000), (25, False, None), (0, False, 3000), (10, True, None),
    (None, False, None),  # the sensor was silent: no evidence, no fee
])
def test_less_than_a_quarter_tank_costs_a_fee_on_the_sensors_word_only(energy, electric, fee):
    assert after(end_energy=energy, electric=electric).get("low_fuel") == fee


def test_a_receipt_is_refunded_and_refuelling_a_low_tank_is_rewarded_once():
    stops = (Refuelled(True, Money(4210), 39), Refuelled(True, Money(1000), 35), Refuelled(False, Money(2000), 20))
    made = bill_after(replace(ON_TIME, stops=stops), ECONOMY, RULES, CHICAGO)
    assert [(line.code, line.amount.cents) for line in made] == [
        ("fuel_refund", -4210), ("fuel_refund", -1000), ("refuel_credit", -275)]  # 20 minutes of 8.25 an hour


def test_a_stop_that_the_car_saw_nothing_of_earns_no_credit(street, people):
    assert after(stops=(Refuelled(False, Money(3000), 10, seen_filling=False),)) == {}
    trip = street.unlocked(booked(people.member()))
    street.fills(trip, 30)
    log_stop(reservation=trip, fill=Fill("Shell", Money(1), 10, PaidBy.CARD), once="a-fuel-form", now=street.clock())
    street.returned(trip)
    assert "refuel_credit" not in {line.code for line in bill_of(trip)}


def test_a_stop_that_is_logged_before_the_pump_earns_it_once_the_car_sees_it(street, people):
    trip = street.unlocked(booked(people.member(), a_car(car_class="economy")))
    street.fills(trip, 30)
    log_stop(reservation=trip, fill=Fill("Shell", Money(3000), 8000, PaidBy.CARD), once="a-fuel-form", now=street.clock())
    street.clock.forward(minutes=5)
    street.fills(trip, 90)
    street.returned(trip)
    assert "refuel_credit" in {line.code for line in bill_of(trip)}


@pytest.mark.parametrize(("stop", "electric"), [
    (Refuelled(False, Money(3000), 40), False), (Refuelled(False, Money(3000), 10), True)])
def test_a_tank_that_was_not_low_or_a_battery_earns_no_credit(stop, electric):
    assert after(stops=(stop,), electric=electric) == {}


@given(st.integers(-120, 1000), st.floats(0, 900), st.none() | st.integers(0, 100), st.booleans(),
       st.none() | st.integers(0, 300))
def test_what_comes_after_is_never_a_credit_unless_it_is_one(late, miles, energy, electric, waits_after):
    waiting = None if waits_after is None else SPAN.end + timedelta(minutes=waits_after)
    driven = replace(ON_TIME, ended_at=SPAN.end + timedelta(minutes=late), end_odometer=1000 + miles,
                     end_energy=energy, electric=electric, next_starts_at=waiting)
    assert all(line.amount.cents >= 0 for line in bill_after(driven, ECONOMY, RULES, CHICAGO))


# The same through a real trip.

def test_the_bill_of_a_whole_trip_is_its_quote_and_what_came_after(street, people):
    trip = booked(people.member(), a_car(car_class="economy"), hours(24, 26), waiver=Waiver.PLUS)
    booked(people.member(), trip.car, hours(26, 28))
    street.unlocked(trip)
    street.fills(trip, 30)
    with transaction():
        trip_of(trip).start_energy = 30
    street.clock.forward(minutes=5)
    street.fills(trip, 90)
    log_stop(reservation=trip, fill=Fill("Shell", Money(4210), 8_000, PaidBy.MEMBER), once="a-fuel-form",
             now=street.clock())
    street.fills(trip, 20)
    street.drives(trip, miles=60, minutes=90)
    street.returned(trip, trip.ends_at + timedelta(minutes=30))
    lines = bill_of(trip)
    quoted = [line for line in lines if line.origin == "quote"]
    assert [line.code for line in quoted] == [line["code"] for line in trip.quote["lines"] if line["amount_cents"]]
    kept = [line["code"] for line in trip.quote["lines"]]
    assert [line.code for line in receipt_lines(trip)][:len(kept)] == kept
    assert sum(line.amount.cents for line in quoted) == trip.price_cents
    assert {line.code: line.amount.cents for line in lines if line.origin == "after"} == {
        "extra_time": 413, "tax_city_after": 37, "tax_state_after": 21, "late_fee": 2000, "low_fuel": 3000,
        "fuel_refund": -4210, "refuel_credit": -275}
    assert trip_of(trip).total_cents == sum(line.amount.cents for line in lines)


@pytest.mark.parametrize(("given_up", "fee"), [
    (None, 6000),  # the service let it go, an hour after its start
    (timedelta(minutes=5), 6000), (timedelta(0), 6000),
    (-timedelta(minutes=1), None),  # before its start: nobody waited
])
def test_being_late_by_more_than_an_hour_costs_its_fee_whatever_became_of_the_waiting(street, people, given_up, fee):
    trip = booked(people.member())
    waiting = booked(people.member(), trip.car, hours(27, 27.75))
    street.unlocked(trip)
    if given_up is not None:
        street.clock.at = waiting.starts_at + given_up
        cancel(reservation=waiting, now=street.clock())
    street.clock.at = waiting.starts_at + timedelta(minutes=61)
    street.work()
    street.returned(trip, trip.ends_at + timedelta(minutes=90))
    assert waiting.status in (Status.NO_SHOW, Status.CANCELLED)
    assert {line.code: line.amount_cents for line in bill_of(trip)}.get("late_fee") == fee


def test_nobody_is_late_for_their_own_next_booking(street, people):
    trip = booked(people.member())
    booked(trip.member, trip.car, hours(27, 30))
    street.unlocked(trip)
    assert "Someone is waiting" not in scene_of(trip, trip.ends_at + timedelta(minutes=30)).text
    street.returned(trip, trip.ends_at + timedelta(hours=2))
    codes = {line.code for line in bill_of(trip)}
    assert "extra_time" in codes
    assert "late_fee" not in codes


@pytest.mark.parametrize(("typed", "energy", "miles", "charged"), [
    (50, 100, 50, set()), (400, 10, 320, {"low_fuel", "extra_miles"})])
def test_of_an_old_word_of_a_silent_car_and_what_was_typed_the_cheaper_counts(
        street, people, typed, energy, miles, charged):
    trip = street.unlocked(booked(people.member()))
    for _ in range(2):
        street.drives(trip, miles=160, minutes=100)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    return_car(reservation=trip, odometer=int(trip_of(trip).start_odometer) + typed, energy=energy, now=trip.ends_at,
               lock=False)
    codes = {line.code for line in bill_of(trip)} & {"low_fuel", "extra_miles"}
    assert (trip_of(trip).miles, codes) == (miles, charged)


def test_a_trip_is_billed_by_the_rules_of_the_day_it_was_booked(street, people):
    trip = street.unlocked(booked(people.member()))
    kept = policies_at(trip.booked_at)
    street.returned(trip)
    assert {line.rule_version for line in bill_of(trip)} == {kept["tax_city"].version}


def test_a_silent_car_is_no_evidence_of_an_empty_tank(street, people):
    trip = street.unlocked(booked(people.member()))
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.work()
    return_car(reservation=trip, odometer=int(trip.car.launch_odometer) + 5, energy=10, now=trip.ends_at, lock=False)
    assert "low_fuel" not in {line.code for line in bill_of(trip)}


def test_miles_that_were_only_typed_are_charged_to_nobody(street, people):
    assert after(end_odometer=None) == {}
    trip = street.unlocked(booked(people.member()))
    street.garage.set_faults(trip.car.vin, Faults(offline=True), at=NOON)
    street.work()
    return_car(reservation=trip, odometer=int(trip.car.launch_odometer) + 290, energy=50, now=trip.ends_at, lock=False)
    ended = trip_of(trip)
    assert "extra_miles" not in {line.code for line in bill_of(trip)}
    assert (ended.miles, ended.end_odometer, ended.typed_miles, ended.total_cents) == (None, None, 290, trip.price_cents)


# Every line has words.

def _codes_in_the_code() -> set[str]:
    """The first argument of every Line(...) and every `code=` of a BillLine in the rules that make them."""
    codes: set[str] = set()
    for path in ("fleet/tariffs/quote.py", "reservations/trip/bill.py", "reservations/booking/cancel.py",
                 "reservations/booking/change/proposal.py"):
        for node in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Line", "BillLine"):
                named = [word.value for word in node.keywords if word.arg == "code"]
                codes |= _spelled_out((named or node.args)[0])
    return codes


def _spelled_out(code: ast.expr) -> set[str]:
    if isinstance(code, ast.Constant):
        return {code.value}
    if isinstance(code, ast.JoinedStr):
        wanted = {"part": ("weekday", "weekend", "night"), "waiver": ("plus", "premium"), "key": ("tax_city", "tax_state"),
                  "status": ("cancelled", "no_show"), "after": ("", "_after")}
        parts = [(part.value,) if isinstance(part, ast.Constant) else wanted[part.value.id] for part in code.values]
        return {"".join(chosen) for chosen in product(*parts)}
    return {"tax_city", "tax_state"} if getattr(code, "id", "") == "key" else set()


def test_every_code_of_a_line_in_the_code_base_has_a_label_and_a_reason():
    codes = _codes_in_the_code()
    assert len(codes) >= 18
    assert codes == set(LABELS) == set(WHYS)
    assert set(BASES) <= codes


@pytest.mark.one_database
def test_every_line_that_can_be_made_reads_as_words(app):
    driven = replace(ON_TIME, **minutes_late(45, next_starts_at=SPAN.end), end_odometer=1500.0, end_energy=3,
                     stops=(Refuelled(True, Money(4210), 12),))
    lines = bill_after(driven, ECONOMY, RULES, CHICAGO)
    given_back = RULES | {"early_return_least": Policy(30, 1), "early_return_share": Policy(50, 1)}
    lines += bill_after(replace(ON_TIME, unused=Unused(45, Money(800))), ECONOMY, given_back, CHICAGO)
    for waiver in Waiver:
        price = a_price(waiver)
        lines += price
    with app.test_request_context():
        for line in lines:
            text = shown(line)
            explained = why(line, CHICAGO)
            assert text.label == label(line)
            assert text.basis == basis(line)
            for words in (text.label, text.amount, explained.question, explained.sentence, explained.sum,
                          explained.evidence, explained.rule):
                assert words
                assert "%(" not in words
            assert f"version {line.rule_version}" in explained.rule
            assert text.credit is (line.amount.cents < 0)
    assert {line.code for line in lines} == set(LABELS) - {"fee_cancelled", "fee_no_show", "fee_given_back"}


def a_price(waiver: str):
    """The lines of a young driver with a code for a percentage, and of another with one for cents: over a weekend, a night
    and a weekday."""
    rules = RULES | {"fee_booking": Policy(250, 1)}
    return [*quote(ECONOMY, rules, hours(60, 92), CHICAGO, waiver, driver=Driver(date(2007, 1, 1), date(2027, 1, 1)),
                   promo=Promo("ROW10", 1, 10, 0)).lines,
            *quote(ECONOMY, rules, hours(60, 92), CHICAGO, waiver, promo=Promo("ROW500", 1, 0, 500)).lines]


def test_the_sums_of_the_parts_are_the_whole():
    assert total([line.amount for line in a_price("plus")]).cents > 0
