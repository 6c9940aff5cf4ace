"""Another plan: what it would have cost, from when on it counts, and undoing it until then."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from fleet.tariffs.in_force import policies_at, rates_for
from fleet.tariffs.quote import quote
from portal.account.models import Member, MemberStatus, Plan, Role
from portal.account.plans.ahead import change_ahead_of
from portal.account.plans.models import PlanChange
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.decide import grant
from portal.account.tier.models import Benefit
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import PayerDriver
from portal.billing.payers.payer_of import own_payer
from portal.membership.change_plan import change_plan, undo_change
from portal.membership.compare import past_months, rounded
from portal.membership.errors import CountsAlready, FeeHasChanged, NoMembership, SamePlan
from portal.membership.timers import look_after_memberships
from portal.messages.models import Message
from reservations.trip.queries import trip_of
from tests.factories import NOON, a_car
from tests.portal.licence.showing import outside, photo
from tests.reservations.made import a_street, booked, steps
from tests.reservations.pages import browser_of, hidden_fields, words_of

DAY = timedelta(days=1)
DECEMBER = datetime(2026, 12, 1, 6, tzinfo=UTC)  # midnight in Chicago


@pytest.fixture
def ada(people, clock):
    clock.at = NOON - 100 * DAY
    member = people.member("Ada Okafor", plan=Plan.PAY_AS_YOU_GO)
    clock.at = NOON
    return member


def again(member):
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def fees():
    return db.session.execute(select(LedgerRow.code, LedgerRow.rule, LedgerRow.amount_cents).where(
        LedgerRow.origin == "membership").order_by(LedgerRow.id)).all()


def test_another_plan_counts_from_the_next_month_on_and_never_in_between(app, ada):
    trip = booked(ada)
    made = change_plan(member=ada, plan=Plan.REGULAR, fee_cents=700, now=NOON)
    assert (made.counts_from, again(ada).plan) == (DECEMBER, Plan.PAY_AS_YOU_GO)
    assert change_plan(member=ada, plan=Plan.REGULAR, fee_cents=700, now=NOON).id == made.id
    look_after_memberships(DECEMBER - timedelta(seconds=1))
    assert (again(ada).plan, fees()) == (Plan.PAY_AS_YOU_GO, [])
    look_after_memberships(DECEMBER)
    look_after_memberships(DECEMBER)
    assert again(ada).plan == Plan.REGULAR
    assert fees() == [("membership", "membership_regular", 700)]  # of the plan with which the month begins, once
    db.session.refresh(trip)
    assert trip.quote["rates"]["plan"] == Plan.PAY_AS_YOU_GO  # booked before: it keeps its price
    assert ("manage.details", "succeeded", None) in steps("succeeded")


@pytest.mark.one_database
def test_a_month_that_begins_on_a_plan_without_a_fee_costs_none(app, people, clock):
    clock.at = NOON - 100 * DAY
    bo = people.member("Bo Lindqvist", plan=Plan.REGULAR)
    change_plan(member=bo, plan=Plan.PAY_AS_YOU_GO, fee_cents=0, now=NOON)
    look_after_memberships(NOON)
    look_after_memberships(DECEMBER)
    assert fees() == [("membership", "membership_regular", 700)]  # November's


def test_a_change_can_be_undone_until_it_counts(app, ada):
    change_plan(member=ada, plan=Plan.REGULAR, fee_cents=700, now=NOON)
    undo_change(member=ada, now=NOON)
    assert change_ahead_of(ada.id) is None
    with pytest.raises(CountsAlready):
        undo_change(member=ada, now=NOON)
    look_after_memberships(DECEMBER)
    assert (again(ada).plan, fees()) == (Plan.PAY_AS_YOU_GO, [])
    assert steps("undone") == [("manage.details", "undone", None)]


@pytest.mark.one_database
def test_a_change_is_refused_with_its_reason(app, ada, people):
    with pytest.raises(SamePlan):
        change_plan(member=ada, plan=Plan.PAY_AS_YOU_GO, fee_cents=0, now=NOON)
    with pytest.raises(FeeHasChanged):
        change_plan(member=ada, plan=Plan.REGULAR, fee_cents=600, now=NOON)
    with pytest.raises(NoMembership):
        change_plan(member=people.member(status=MemberStatus.CLOSED), plan=Plan.REGULAR, fee_cents=700, now=NOON)
    assert db.session.scalars(select(PlanChange)).all() == []


def test_the_last_months_are_told_as_billed_and_as_the_same_trips_on_the_other_plan(app, ada, clock):
    street, car = a_street(app, clock), a_car(name="Acorn")
    trip = booked(ada, car)
    street.unlocked(trip)
    street.drives(trip, miles=210, minutes=150)  # 10 more than are included
    street.returned(trip)
    clock.at = DECEMBER + DAY
    past = past_months(again(ada), clock.at)
    assert [f"{month:%m}" for month in past.stretch.months] == ["09", "10", "11"]
    assert (past.trips, past.billed, past.on[Plan.PAY_AS_YOU_GO]) == (1, Money(trip_of(trip).total_cents), past.billed)
    kept, zone = trip.quote["rates"], car.lot.zone
    dear, cheap = (quote(rates_for(car.car_class, plan, NOON), policies_at(NOON, car.lot.city), trip.span, zone).total
                   for plan in (Plan.PAY_AS_YOU_GO, Plan.REGULAR))
    assert kept["mile"] == rates_for(car.car_class, Plan.REGULAR, NOON).mile  # so that what came after the trip is the same
    assert past.on[Plan.REGULAR] == rounded(past.billed + Money(3 * 700) - (dear - cheap))
    assert past.less(Plan.REGULAR) == rounded(past.billed - past.on[Plan.REGULAR])


def test_a_fob_is_no_fee_of_a_plan_and_the_other_plans_fee_is_the_reduced_one_from_its_grant_on(app, ada, people):
    around, payer = outside(), own_payer(ada.id)
    asked = ask_for_tier(member=ada, benefit=Benefit.SNAP, stream=BytesIO(photo()), now=NOON - 50 * DAY, files=around.files,
                         seal=around.seal)
    grant(request_id=asked.id, reviewer=people.staff(Role.REVIEWER), now=NOON - 50 * DAY)  # October 5
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(1000), Origin.MEMBERSHIP, "fob_fee", "fob_replace", 1, "fob",
                        NOON, payer_id=payer.id, member_id=ada.id, facts={"last_four": "BEEF"})])
    past = past_months(again(ada), DECEMBER + DAY)
    assert past.billed == Money(1000)
    assert past.on[Plan.REGULAR] == rounded(past.billed + Money(700 + 700 + 350))  # September, October; half of November's


@pytest.mark.one_database
def test_trips_of_others_on_the_account_are_in_neither_side_of_the_comparison(app, ada, people, clock):
    street, driver = a_street(app, clock), people.member("Dee Drives", card=None)
    with transaction():
        db.session.add(PayerDriver(payer_id=own_payer(ada.id).id, member_id=driver.id, since=NOON))
    street.returned(street.unlocked(booked(driver)))
    assert db.session.scalar(select(func.count()).where(LedgerRow.payer_id == own_payer(ada.id).id)) > 0
    clock.at = DECEMBER + DAY
    past = past_months(again(ada), clock.at)
    assert (past.trips, past.billed, past.on[Plan.REGULAR]) == (0, Money(0), Money(3 * 700))


@pytest.mark.one_database
def test_whoever_has_the_reduced_tier_sees_what_they_would_really_pay(site, ada, clock):
    with transaction():
        again(ada).reduced_until = date(2026, 12, 20)
    browser = browser_of(site, ada.user, clock)
    hour = rates_for("economy", "regular", NOON).weekday_hour
    page, asked = (words_of(browser.get(f"/account/plan{at}")) for at in ("", "/change?to=regular"))
    for said in ("A month $3.50", f"on a weekday ${hour * 75 / 10_000:.2f}", "those of the reduced tier"):
        assert said in page, said
    assert "$3.50 more a month" in asked
    clock.at = NOON + 10 * DAY  # a change would count from January on, when the tier has ended
    assert "$7.00 more a month" in words_of(browser.get("/account/plan/change?to=regular"))


@pytest.mark.one_database
def test_only_whole_months_on_the_plan_are_compared(app, ada, people, clock):
    assert past_months(people.member("New Here"), NOON) is None
    change_plan(member=ada, plan=Plan.REGULAR, fee_cents=700, now=NOON)
    look_after_memberships(DECEMBER)
    assert past_months(again(ada), DECEMBER + DAY) is None  # November was on the other one
    assert len(past_months(again(ada), DECEMBER + 40 * DAY).stretch.months) == 1


@pytest.mark.one_database
def test_the_pages_show_the_difference_before_it_is_confirmed_and_the_way_back(site, ada, clock):
    street, browser = a_street(site, clock), browser_of(site, ada.user, clock)
    assert 'href="/account/plan"' in browser.get("/account/").text
    page = browser.get("/account/plan")
    assert "$0.00 as billed" in words_of(page)
    assert "about $14 , $14 more" in words_of(page)
    asked = browser.get("/account/plan/change?to=regular")
    for said in ("$7.00 more a month", "Tue, Dec 1, 2026", "nothing is charged or given back", "keep the price"):
        assert said in words_of(asked), said
    sent = browser.send("/account/plan/change?to=regular", method="POST", data=hidden_fields(asked.text))
    assert sent.location == "/account/plan"
    shown = browser.get("/account/plan")
    assert "From Tue, Dec 1, 2026 on you are on Regular." in words_of(shown)
    street.work()
    assert db.session.scalars(select(Message.subject).where(Message.kind == "plan_changes")).all() == [
        "Your plan changes on Tue, Dec 1, 2026"]
    browser.post("/account/plan/undo")
    assert "you are on Regular" not in words_of(browser.get("/account/plan"))
    assert browser.get("/account/plan/change?to=gold").status_code == 404
