"""The estimator: the sums of a booking and its bill, month by month; never below zero, never cheaper for more trips."""

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ROOT
from core.database import db, transaction
from core.money import Money, total
from experience.journey import Step
from fleet.tariffs.in_force import policies_at, rates_at, rates_for
from fleet.tariffs.models import PolicyRow
from fleet.tariffs.quote import Driver, Policy, Rates, quote
from portal.account.models import Plan
from portal.site.estimate import Owning, Trips, bills, example_span, price
from portal.web.say import CITY_ZONE
from reservations.booking.offer import FrozenOffer
from tests.factories import NOON, a_car
from tests.portal.site.seen import views_of

pytestmark = pytest.mark.one_database
ERRANDS, OUTING = Trips("weekday", 4, 120, 12), Trips("weekend", 1, 300, 40)


def month(*trips: Trips, car_class: str = "economy", **who: object) -> dict[str, Money]:
    """The bill on each plan by today's rules, in the page's order."""
    rates = {plan: rates_at(NOON, plan)[car_class] for plan in Plan}
    return {bill.plan: bill.month for bill in bills(trips, rates, policies_at(NOON), CITY_ZONE, NOON, **who)}


def test_a_month_is_its_trips_with_taxes_and_the_membership_summed_by_hand(app):
    # Pay as you go: 2 h × 10.75 = 21.50, + 9 % 1.94, + 5 % 1.08 = 24.52. Regular: 16.50 + 1.49 + 0.83 = 18.82, and 7.00.
    assert month(ERRANDS) == {"regular": Money(4 * 1882 + 700), "payg": Money(4 * 2452)}
    # A Saturday: 5 h × 11.75 = 58.75, + 5.29 + 2.94 = 66.98. Regular: 46.25 + 4.16 + 2.31 = 52.72.
    assert month(ERRANDS, OUTING) == {"regular": Money(4 * 1882 + 5272 + 700), "payg": Money(4 * 2452 + 6698)}
    assert list(month(Trips("weekday", 1, 60, 0))) == ["payg", "regular"]  # one short trip is not worth a membership


def test_miles_beyond_the_allowance_the_night_and_a_young_driver_cost_what_their_rules_say(app):
    far = month(Trips("weekday", 1, 120, 250))["payg"]  # 50 miles × 0.58 = 29.00, + 2.61 + 1.45
    assert far == Money(2452 + 3306)
    assert month(Trips("night", 1, 120, 0))["payg"] == Money(1150 + 104 + 58)  # 2 h × 5.75 from ten in the evening
    # At 19: 2 h × 8.06 = 16.12 more before tax: 37.62 + 3.39 + 1.88; at 25 nothing.
    assert month(Trips("weekday", 1, 120, 0), age=19)["payg"] == Money(3762 + 339 + 188)
    assert month(Trips("weekday", 1, 120, 0), age=25)["payg"] == Money(2452)


@pytest.mark.parametrize("part", ["weekday", "weekend", "night"])
def test_a_trip_costs_what_the_booking_page_asks_for_the_same_time(app, people, part):
    member, car = people.member(plan=Plan.PAY_AS_YOU_GO), a_car(car_class="wagon")
    rates, trips = rates_for("wagon", Plan.PAY_AS_YOU_GO, NOON), Trips(part, 1, 255, 30)
    span = example_span(trips, rates, CITY_ZONE, NOON)
    offer = FrozenOffer(car.id, span, member.plan, NOON)
    for waiver in ("included", "plus", "premium"):
        for born_on, age in ((None, None), (date(span.start.year - 22, 1, 1), 22)):
            mine = price(trips, rates, policies_at(NOON), CITY_ZONE, NOON, age=age, waiver=waiver)
            assert mine.each == offer.price(car, waiver, Driver(born_on)).total


with (ROOT / "cities" / "chicago" / "policies.csv").open() as file:
    POLICIES = {row["key"]: Policy(int(row["value"]), 1) for row in csv.DictReader(file)}
rates_of = st.builds(
    Rates, car_class=st.just("economy"), plan=st.sampled_from(["payg", "regular"]), version=st.just(1),
    weekday_hour=st.integers(0, 5000), weekend_hour=st.integers(0, 5000), night_hour=st.integers(0, 5000),
    weekday_day=st.integers(0, 20000), weekend_day=st.integers(0, 20000), included_miles=st.integers(0, 300),
    mile=st.integers(0, 200), night_from=st.integers(0, 24), night_until=st.integers(0, 24))
some_trips = st.builds(Trips, part=st.sampled_from(["weekday", "weekend", "night"]), count=st.integers(0, 60),
                       minutes=st.integers(2, 200).map(lambda quarters: quarters * 15), miles=st.integers(0, 2000))


@given(rates=rates_of, trips=some_trips, more=st.integers(0, 20), days=st.integers(0, 366))
def test_a_month_is_never_below_zero_and_more_trips_are_never_cheaper(rates, trips, more, days):
    near = NOON + timedelta(days=days)
    fewer, busier = (bills([Trips(trips.part, count, trips.minutes, trips.miles)], {rates.plan: rates}, POLICIES, CITY_ZONE,
                           near)[0].month for count in (trips.count, trips.count + more))
    assert 0 <= fewer.cents <= busier.cents
    span = example_span(trips, rates, CITY_ZONE, near)
    one = price(Trips(trips.part, 1, trips.minutes, 0), rates, POLICIES, CITY_ZONE, near)
    assert one.each == quote(rates, POLICIES, span, CITY_ZONE).total
    assert one.each == total([line.amount for line in one.lines])
    assert span.start.astimezone(CITY_ZONE).utcoffset() == span.end.astimezone(CITY_ZONE).utcoffset()  # no clock is changed


def test_a_car_of_ones_own_costs_its_standing_and_each_mile():
    assert Owning(Money(71000), Money(23), 112).month == Money(71000 + 2576)


def test_the_page_names_the_cheapest_plan_and_says_so_when_owning_is_cheaper(site):
    client = site.test_client()
    page = " ".join(client.get("/pricing?weekday=4&weekend=0").text.split())
    assert "Regular: $82.28 a month" in page
    assert "$15.80 less than Pay-as-you-go" in page  # 98.08 - 82.28
    assert "A car of your own would cost $638.76 a month more." in page  # 710.00 + 48 × 0.23 - 82.28
    own = " ".join(client.get("/pricing?weekday=4&weekend=0&own_month=20&own_mile=0.1").text.split())
    assert "A car of your own would cost $57.48 a month less." in own  # 82.28 - 20.00 - 48 × 0.10


def test_its_script_gets_the_result_alone_and_nothing_while_a_field_does_not_hold(site):
    client, live = site.test_client(), {"X-Requested-With": "live"}
    part = client.get("/pricing?weekday=4&weekend=0", headers=live)
    assert "Regular: $82.28 a month" in part.text
    assert "<html" not in part.text
    assert client.get("/pricing?weekday=many", headers=live).status_code == 422


@pytest.mark.parametrize("address", ["weekday=x", "weekday=-1", "weekday=61", "weekday_hours=0", "weekday_hours=NaN",
                                     "weekday_hours=400", "night_miles=1e9", "age=7", "own_month=-3", "car_class=limousine",
                                     "waiver=none", "weekday_hours=Infinity"])
def test_what_makes_no_sense_is_said_beside_its_field(site, address):
    answer = site.test_client().get(f"/pricing?{address}")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert answer.text.count('class="err"') == 1  # in our words alone, where the library has some too
    assert "Every rate" in answer.text


def test_what_is_wrong_says_of_which_trips(site):
    page = " ".join(site.test_client().get("/pricing?weekday=x&night=61").text.split())
    assert ">On weekdays, trips a month</a>: Type a whole number from 0 to 60." in page
    assert ">At night, trips a month</a>: Type a whole number from 0 to 60." in page


def test_an_estimate_is_noted_in_bands_and_reading_the_prices_is_not(site):
    site.test_client().get("/pricing")
    site.test_client().get("/pricing?weekday=4&weekend=0&own_month=1234.56")
    facts = [view.facts for view in views_of(site) if view.step == Step.LEARN_ESTIMATE and view.phase == "succeeded"]
    assert facts == [{}, {"plan": "regular", "sharing_cheaper": True, "trips_band": "4_8", "dollars_band": "50_150",
                          "car_class": "economy"}]


def test_a_new_number_of_the_rules_is_on_the_pages_at_once(site, clock):
    client = site.test_client()
    assert "$9.87 a month" not in client.get("/pricing").text
    with site.app_context(), transaction():
        for key, value in (("membership_regular", 987), ("late_fee", 1234), ("excess_plus", 43210), ("owning_month", 65432),
                           ("cancel_notice_short", 137), ("early_access", 13)):
            row = PolicyRow(key=key, value=value, unit="cents", version=2, effective_from=NOON - timedelta(days=1))
            db.session.add(row)
    for address, words in (("/pricing", "$9.87 a month"), ("/pricing", "$654.32"), ("/terms", "$12.34 for each"),
                           ("/insurance", "$432.10"), ("/how-it-works", "2 h 17 min"), ("/how-it-works", "13 minutes early"),
                           ("/", "For $9.87 a month")):
        assert words in client.get(address).text, (address, words)
