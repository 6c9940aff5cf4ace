"""What a bill has beyond its quote is the sum of its lines that came after, each caused by what the member did; and every
amount on the pages is the one that the rows add up to."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.database import db, transaction
from core.money import Money, total
from core.time import Span, quarter_at_or_after
from fleet.tariffs.quote import included_miles, quote
from portal.billing.adjustments.give import give_back
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from reservations.booking.billing import bill_of
from reservations.booking.models import Waiver
from reservations.fuel.log_stop import Fill, log_stop
from reservations.fuel.models import PaidBy
from reservations.trip.bill import Driven, Refuelled, bill_after
from reservations.trip.queries import trip_of
from tests.factories import NOON, a_car, hours
from tests.fleet.tariffs.test_quote import CHICAGO, ECONOMY
from tests.portal.billing.made import payer
from tests.reservations.made import booked
from tests.reservations.pages import browser_of
from tests.reservations.trip.test_bill import RULES

QUARTER = timedelta(minutes=15)


# The pure rules, over everything that can happen on a trip.

def _after(driven: Driven) -> list:
    return bill_after(driven, ECONOMY, RULES, CHICAGO)


def _miles(driven: Driven) -> int:
    return 0 if driven.end_odometer is None else int(driven.end_odometer - driven.start_odometer)


def _late(driven: Driven) -> bool:
    return driven.ended_at > driven.span.end


def _many_miles(driven: Driven) -> bool:
    paid_until = max(driven.span.end, quarter_at_or_after(driven.ended_at))
    return _miles(driven) > included_miles(ECONOMY, Span(driven.span.start, paid_until))


def _kept_waiting(driven: Driven) -> bool:
    """Somebody had booked the car next, and had it more than ten minutes late."""
    then = driven.next_starts_at
    return then is not None and driven.ended_at - max(driven.span.end, then) > timedelta(minutes=10)


def _low_tank(driven: Driven) -> bool:
    return not driven.electric and driven.end_energy is not None and driven.end_energy < 25


def _own_money(driven: Driven) -> bool:
    return any(stop.paid_by_member for stop in driven.stops)


def _filled_when_low(driven: Driven) -> bool:
    return not driven.electric and any(stop.seen_filling and stop.energy_before < 40 for stop in driven.stops)


def _late_or_far(driven: Driven) -> bool:
    return bool(_time_costs(driven)) or _many_miles(driven)


def _time_costs(driven: Driven) -> int:
    """Cents of time beyond the booked end: none once a day's cap is reached, however late it is."""
    return sum(line.amount.cents for line in _after(driven) if line.code == "extra_time")


CAUSES = {
    "extra_miles": _many_miles, "extra_time": _late, "tax_city_after": _late_or_far, "tax_state_after": _late_or_far,
    "late_fee": _kept_waiting, "low_fuel": _low_tank, "fuel_refund": _own_money, "refuel_credit": _filled_when_low,
}
stops = st.builds(Refuelled, st.booleans(), st.integers(1, 12_000).map(Money), st.integers(0, 100), st.booleans())


@st.composite
def trips(draw) -> Driven:
    """Any trip: of half an hour to two weeks, brought back early or late, driven little or far."""
    start = NOON + QUARTER * draw(st.integers(0, 4 * 24 * 14))
    span = Span(start, start + QUARTER * draw(st.integers(2, 4 * 24 * 14)))
    late = draw(st.one_of(st.integers(-3_000, 0), st.integers(0, 90), st.integers(0, 3_000)))
    ended_at = max(span.start, span.end + timedelta(minutes=late, seconds=draw(st.sampled_from((0, 1, 59)))))
    waits = draw(st.none() | st.integers(0, 200))
    return Driven(
        span=span, ended_at=ended_at, start_odometer=1_000.4,
        end_odometer=draw(st.none() | st.floats(0, 4_000).map(lambda miles: 1_000.4 + miles)),
        end_energy=draw(st.none() | st.integers(0, 100)), electric=draw(st.booleans()),
        stops=tuple(draw(st.lists(stops, max_size=3))), next_starts_at=None if waits is None else span.end + QUARTER * waits)


@settings(deadline=None)
@given(trips(), st.sampled_from(Waiver))
def test_the_bill_is_the_quote_and_the_lines_that_came_after_and_nothing_else(driven, waiver):
    quoted = quote(ECONOMY, RULES, driven.span, CHICAGO, waiver)
    after = _after(driven)
    bill = total([line.amount for line in (*quoted.lines, *after)])
    assert bill.cents - quoted.total.cents == sum(line.amount.cents for line in after)
    assert sum(line.amount.cents for line in quoted.lines) == quoted.total.cents


@settings(deadline=None)
@given(trips())
def test_every_line_that_came_after_has_its_cause_in_the_trip(driven):
    lines = _after(driven)
    assert {line.code for line in lines} <= CAUSES.keys()
    assert [line.code for line in lines if not CAUSES[line.code](driven)] == []
    assert all(line.rule and line.rule_version >= 1 and line.facts for line in lines)


@settings(deadline=None)
@given(trips())
def test_every_cause_has_its_line_and_no_line_stands_twice(driven):
    codes = [line.code for line in _after(driven)]
    assert {code for code, caused in CAUSES.items() if caused(driven)} == set(codes)
    once = [code for code in codes if code != "fuel_refund"]
    assert len(once) == len(set(once))
    assert codes.count("fuel_refund") == sum(stop.paid_by_member for stop in driven.stops)


@settings(deadline=None)
@given(trips())
def test_each_amount_follows_from_what_the_line_says(driven):
    lines = {line.code: line for line in _after(driven)}
    if line := lines.get("extra_miles"):
        assert line.amount.cents == line.facts["over"] * line.facts["mile_cents"]
        assert line.facts["over"] == line.facts["driven"] - line.facts["included"] == _miles(driven) - line.facts["included"]
    for code in ("tax_city_after", "tax_state_after"):
        if line := lines.get(code):
            of = sum(lines[each].amount.cents for each in ("extra_miles", "extra_time") if each in lines)
            assert line.facts["of_cents"] == of
            assert line.amount.cents == (of * line.facts["basis_points"] + 5_000) // 10_000
    if line := lines.get("late_fee"):
        assert line.amount.cents == min(line.facts["steps"] * line.facts["step_cents"], line.facts["most_cents"])
    paid = [stop.amount.cents for stop in driven.stops if stop.paid_by_member]
    assert sum(line.amount.cents for line in _after(driven) if line.code == "fuel_refund") == -sum(paid)


@settings(deadline=None)
@given(trips())
def test_who_does_nothing_of_it_pays_what_was_quoted(driven):
    good = replace(driven, ended_at=min(driven.ended_at, driven.span.end), end_odometer=driven.start_odometer + 30,
                   end_energy=60, stops=())
    assert _after(good) == []


# A handful of real trips, through the use cases.

def _on_time(street, trip, people) -> set[str]:
    street.returned(trip)
    return set()


def _early(street, trip, people) -> set[str]:
    street.returned(trip, trip.ends_at - timedelta(minutes=40))
    return {"early_return", "tax_city_after", "tax_state_after"}


def _comes_late(street, trip, people) -> set[str]:
    street.returned(trip, trip.ends_at + timedelta(minutes=50))
    return {"extra_time", "tax_city_after", "tax_state_after"}


def _keeps_somebody_waiting(street, trip, people) -> set[str]:
    booked(people.member(), trip.car, hours(26, 28))
    street.returned(trip, trip.ends_at + timedelta(minutes=50))
    return {"extra_time", "tax_city_after", "tax_state_after", "late_fee"}


def _goes_far(street, trip, people) -> set[str]:
    for _ in range(4):
        street.drives(trip, miles=70, minutes=60)
        street.fills(trip, 90)
    street.clock.at = trip.ends_at
    street.returned(trip)
    return {"extra_miles", "tax_city_after", "tax_state_after"}


def _leaves_it_empty(street, trip, people) -> set[str]:
    street.fills(trip, 10)
    street.returned(trip)
    return {"low_fuel"}


def _pays_for_fuel(street, trip, people) -> set[str]:
    street.fills(trip, 30)
    with transaction():
        trip_of(trip).start_energy = 30
    street.clock.forward(minutes=5)
    street.fills(trip, 90)
    log_stop(reservation=trip, fill=Fill("Shell", Money(2_210), 8_000, PaidBy.MEMBER), once="a-fuel-form", now=street.clock())
    street.returned(trip, trip.ends_at)
    return {"fuel_refund", "refuel_credit"}


ACTS = [_on_time, _early, _comes_late, _keeps_somebody_waiting, _goes_far, _leaves_it_empty, _pays_for_fuel]


@pytest.mark.one_database
@pytest.mark.parametrize("act", ACTS)
def test_a_real_trip_costs_its_quote_and_what_its_member_caused_and_every_page_says_so(site, street, people, act):
    ada = people.member("Ada Okafor")
    grant(payer_id=payer(ada).id, kind=CreditKind.PROMO, amount=Money(300), why="WELCOME3", once="welcome", now=street.clock())
    trip = booked(ada, a_car(car_class="economy"), hours(24, 26))
    street.unlocked(trip)
    caused = act(street, trip, people)
    street.work()
    after = [line for line in bill_of(trip) if line.origin == "after"]
    assert {line.code for line in after} == caused
    assert trip_of(trip).total_cents - trip.price_cents == sum(line.amount.cents for line in after)

    line = next(line for line in bill_of(trip) if line.amount.cents > 100)
    give_back(line=line, amount=Money(100), why="correction", by_user_id=people.staff("finance").id, once="a-form",
              now=street.clock())
    street.work()
    browser = browser_of(site, ada.user, street.clock)
    _receipt_says(browser.get(f"/trips/{trip.reference}/receipt").text, trip.id)
    _statement_says(browser.get("/account/statement").text, payer(ada).id)


def _written(cents: int) -> str:
    """Dollars as pages write them, by our own sums."""
    return f"{'−' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _cells(row: str) -> list[str]:
    """The cells of a table's row without their small print."""
    return [re.sub(r"<small.*?</small>|<[^>]*>", "", cell, flags=re.S).strip()
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", unescape(row), flags=re.S)]


def _receipt_says(page: str, reservation_id: int) -> None:
    """The receipt's lines, and its sum, are those of the ledger's rows."""
    counted = [cents for (cents,) in db.session.execute(text(
        "SELECT CASE WHEN debit_account = 'receivable' THEN amount_cents ELSE -amount_cents END FROM ledger "
        "WHERE reservation_id = :trip AND origin IN ('quote', 'after') ORDER BY id"), {"trip": reservation_id})]
    (table,) = re.findall(r'<table class="lines">(.*?)</table>', page, flags=re.S)
    *shown, last = [_cells(row)[-1] for row in re.findall(r"<tr.*?</tr>", table, flags=re.S)]
    assert [amount for amount in shown if "$" in amount and amount != "$0.00"] == [_written(cents) for cents in counted]
    assert last == _written(sum(counted))
    assert f"Your trip: {_written(sum(counted))}" in unescape(page)


def _statement_says(page: str, payer_id: int) -> None:
    """The statement's amounts, what was open then and its months' totals are those of the ledger's rows."""
    rows = db.session.execute(text(
        "SELECT origin, CASE WHEN debit_account = 'receivable' THEN amount_cents ELSE -amount_cents END FROM ledger "
        "WHERE payer_id = :payer AND 'receivable' IN (debit_account, credit_account) ORDER BY at, id"),
        {"payer": payer_id}).all()
    open_then, lines = 0, []
    for _origin, cents in rows:
        open_then += cents
        lines.append((_written(cents), _written(open_then)))
    tables = re.findall(r"<tbody>(.*?)</tbody>", page, flags=re.S)
    shown = [tuple(_cells(row)[-2:]) for table in tables for row in re.findall(r"<tr.*?</tr>", table, flags=re.S)]
    assert shown == lines[::-1]
    sums = {kind: sum(cents for origin, cents in rows if origin in origins) for kind, origins in {
        "Costs": ("quote", "after", "membership", "notice"), "Credit, given back": ("credit", "correction"),
        "Paid": ("payment", "refund")}.items()}
    said = dict(re.findall(r"<dt>(Costs|Credit, given back|Paid)</dt><dd>(.*?)</dd>", unescape(page)))
    assert said == {kind: _written(cents) for kind, cents in sums.items()}
    assert open_then == sum(sums.values())
    assert ("Nothing is open." if open_then == 0 else _written(abs(open_then))) in unescape(page)
