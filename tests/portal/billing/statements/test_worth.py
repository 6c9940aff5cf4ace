"""What sharing was worth is compared openly, also when owning would have been cheaper."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from core.database import db, transaction
from core.money import Money
from fleet.tariffs.models import PolicyRow
from fleet.tariffs.quote import Policy
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.statements.worth import YEAR, begin, compare
from tests.factories import NOON
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import browser_of, words_of

MONTH, MILE = Policy(71_000, 1), Policy(23, 1)


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def compared(days: float = 365, paid: int = 100_000, miles: int = 1000):
    return compare(since=NOON - timedelta(days=days), now=NOON, paid=Money(paid), miles=miles, month=MONTH, mile=MILE)


def test_a_whole_year_is_twelve_months_and_every_mile():
    worth = compared()
    assert (worth.standing.cents, worth.driving.cents, worth.owning.cents) == (12 * 71_000, 23_000, 875_000)
    assert (worth.saved.cents, worth.whole_year) == (775_000, True)


@pytest.mark.parametrize(("days", "counted", "cents"), [
    (0, 1, 2334), (0.5, 1, 2334), (73, 73, 170_400), (364.5, 365, 852_000), (400, 365, 852_000)])
def test_a_shorter_time_costs_its_share_of_the_year_and_begun_days_count(days, counted, cents):
    worth = compared(days)
    assert (worth.days, worth.standing.cents) == (counted, cents)


def test_owning_may_come_out_cheaper():
    assert compared(paid=900_000).saved.cents == -25_000


def test_the_time_begins_a_year_ago_or_with_the_membership():
    assert begin(NOON - timedelta(days=20), NOON) == NOON - timedelta(days=20)
    assert begin(NOON - timedelta(days=2000), NOON) == NOON - YEAR


def a_trip(street, member, miles: float = 30):
    trip = booked(member)
    street.unlocked(trip)
    street.drives(trip, miles=miles, minutes=60)
    street.returned(trip)
    return trip


def test_the_page_writes_the_arithmetic_out_and_names_where_its_numbers_come_from(site, street, people):
    ada = people.member()
    browser = browser_of(site, ada.user, street.clock)
    assert "No trip yet to compare." in words_of(browser.get("/account/worth"))
    trip = a_trip(street, ada)
    words = words_of(browser.get("/account/worth"))
    assert "less than with a car of your own" in words
    assert "30 miles × $0.23" in words
    assert "$6.90" in words
    assert f"{trip.price_cents / 100:.2f}" in words
    assert "this operator’s own setting, versions 1 and 1, after AAA’s “Your Driving Costs” 2024" in words


def test_the_page_says_so_when_owning_would_have_been_cheaper(site, street, people):
    ada = people.member()
    a_trip(street, ada)
    with transaction():
        db.session.execute(update(PolicyRow).where(PolicyRow.key.in_(("owning_month", "owning_mile"))).values(value=1))
    words = words_of(browser_of(site, ada.user, street.clock).get("/account/worth"))
    assert "A car of your own would have cost" in words
    assert "owning may be the better choice" in words


def test_only_what_the_member_paid_themselves_is_compared(site, street, people):
    ada = people.member()
    business = add_business(name="Acme", email="bills@acme.example", at=NOON)
    let_pay(payer_id=business.id, member_id=ada.id, at=NOON)
    a_trip(street, ada)
    assert "No trip yet to compare." in words_of(browser_of(site, ada.user, street.clock).get("/account/worth"))
