"""What we told them before they joined, and that they hear before their licence ends."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.ids import new_id
from core.money import Money, total
from experience.asks.models import AskRow
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Line, Rates
from portal.account.models import Plan
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.payers.models import PayerDriver
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.refund import correct
from portal.billing.statements.queries import payer_of_pages
from portal.licence.timers import warn_of_ends
from portal.membership.as_said import Drove, drove
from portal.membership.settle_estimates import settle_estimates
from portal.signup.estimate import Estimate
from portal.signup.plan import choose_plan
from portal.signup.submit import submit
from reservations.booking.billing import bill
from reservations.booking.models import Reservation
from reservations.trip.bill import Driven, bill_after
from tests.factories import NOON, a_car, hours
from tests.portal.licence.showing import a_verified
from tests.portal.signup.made import a_whole, again, work
from tests.reservations.made import a_street, booked, steps

THIRD = datetime(2027, 3, 1, 6, tzinfo=UTC)  # December to February are the first three whole months
DAY = timedelta(days=1)


def promise(kind):
    db.session.rollback()
    return db.session.scalars(select(Promise).where(Promise.kind == kind).execution_options(populate_existing=True)).one()


def a_joined(app, people, *, trips=1, minutes=180, cents=1, **said):
    """Somebody who joined with this estimate."""
    application, at = a_whole(app, people), NOON.timestamp()
    choose_plan(application=application, plan=Plan.REGULAR, now=NOON,
                estimate=Estimate(trips, minutes, {"regular": cents}, at, **said))
    submit(application=application, terms_version="1", texts=True, now=NOON)
    work(app)
    return again(application).member


def said_of_a_month(cents):
    """As if the estimator had said this."""
    with transaction():
        db.session.execute(Promise.__table__.update().where(Promise.kind == "estimate").values(expected=cents))


def driven(app, member, clock):
    """A trip of three hours in each of the three months, and what the bills came to a month, in cents."""
    street = a_street(app, clock)
    for month in (NOON + 14 * DAY, NOON + 49 * DAY, NOON + 77 * DAY):  # Tuesdays in December, January and February
        clock.at = month
        street.work()
        street.returned(street.unlocked(booked(member, span=hours(1, 4, day=month), now=month)))
    prices = db.session.scalars(select(Reservation.price_cents)).all()
    return 700 + round(sum(prices) / 3)


@pytest.mark.parametrize(("factor", "state", "cause"), [(1.0, "kept", None), (1.3, "broken", "estimate")])
def test_the_first_three_bills_are_held_against_the_estimate(app, people, clock, factor, state, cause):
    member = a_joined(app, people)
    made = promise("estimate")
    assert (made.state, made.due_at, made.expected) == ("open", THIRD, 1)
    month = driven(app, member, clock)
    said_of_a_month(round(month * factor))
    assert settle_estimates(THIRD - timedelta(seconds=1)) == 0
    clock.at = THIRD
    assert settle_estimates(THIRD) == 1
    found = promise("estimate")
    assert (found.state, found.cause, abs(found.actual - month) < 3) == (state, cause, True)
    work(app)
    assert "estimate_expectation" in db.session.scalars(select(AskRow.solicitation)).all()


def test_whoever_drives_otherwise_had_another_bill_by_their_own_doing(app, people, clock):
    a_joined(app, people, trips=4, minutes=480, cents=6000)
    clock.at = THIRD
    settle_estimates(THIRD)
    assert (promise("estimate").state, promise("estimate").cause) == ("waived", "member")


@pytest.mark.parametrize(("said", "same"), [
    ({}, True), ({"trips": 2}, False), ({"minutes": 240}, False), ({"car_class": "van"}, False), ({"waiver": "premium"}, False),
    ({"weekend": 60}, False), ({"night": 60}, False), ({"over_miles": 20}, False), ({"weekend": None, "waiver": None}, True)])
def test_only_the_trips_that_were_reckoned_with_show_that_an_estimate_did_not_hold(said, same):
    told = Estimate(**{"trips": 1, "minutes": 180, "cents": {"regular": 4000}, "at": 0.0, "weekend": 0, "night": 0,
                       "over_miles": 0, "car_class": "economy", "waiver": "included", "age_told": False} | said)
    found = Drove(3, 540, 0, 0, 0, 58, {"economy": 540}, {"included": 540}, 12_000, frozenset({"time_weekday", "membership"}))
    assert found.is_as_said(told, 4000, 3, Fraction(10, 100)) == same


@pytest.mark.parametrize(("code", "told", "same"), [
    ("reduced_tier", True, False), ("promo", True, False), ("young_driver", False, False), ("young_driver", True, True),
    ("late_fee", False, True)])
def test_a_price_that_is_another_one_by_the_members_doing_is_not_held_against_it(code, told, same):
    said = Estimate(1, 180, {"regular": 4000}, 0.0, age_told=told)
    found = Drove(3, 540, 0, 0, 0, 58, {"economy": 540}, {"included": 540}, 12_000, frozenset({code}))
    assert found.is_as_said(said, 4000, 3, Fraction(10, 100)) == same


def test_trips_that_others_pay_for_are_not_held_against_it_nor_are_those_of_others_on_the_account(app, people, clock):
    member, owner, driver = a_joined(app, people), people.member("Olive Tree"), people.member("Dee Drives")
    own = payer_of_pages(member.id).id
    for pays, drives in ((own_payer(owner.id), member), (own_payer(member.id), driver)):
        with transaction():
            db.session.add(PayerDriver(payer_id=pays.id, member_id=drives.id, since=NOON))
    street, clock.at = a_street(app, clock), NOON + 14 * DAY
    for drives in (member, driver):
        street.work()
        street.returned(street.unlocked(booked(drives, span=hours(1, 4, day=clock.at), now=clock.at)))
        clock.at = NOON + 15 * DAY
    found, others = drove(member.id, own, NOON, THIRD), drove(driver.id, own, NOON, THIRD)
    assert (found.trips, found.codes) == (0, {"membership", "membership_part"}), "the fees are theirs, and nothing else"
    assert (others.trips, others.minutes, others.weekend, others.night) == (1, 180, 0, 0)
    assert (others.classes, others.waivers) == ({a_car().car_class: 180}, {"included": 180})
    settle_estimates(THIRD)
    assert (promise("estimate").state, promise("estimate").cause) == ("waived", "member")


LATE = ["extra_time", "tax_city_after", "tax_state_after", "late_fee"]


@pytest.mark.parametrize(("miles", "codes"), [(0, LATE), (250, ["extra_miles", *LATE])])
def test_what_no_estimate_knows_of_counts_on_neither_side_nor_do_the_taxes_on_it(app, people, clock, miles, codes):
    member = a_joined(app, people)
    street, clock.at = a_street(app, clock), NOON + 14 * DAY
    trip = street.returned(street.unlocked(booked(member, span=hours(1, 4, day=clock.at), now=clock.at)))
    own = payer_of_pages(member.id).id
    before = drove(member.id, own, NOON, THIRD)
    rates, zone, span = Rates(**trip.quote["rates"]), trip.car.lot.zone, trip.span
    in_time, late = (bill_after(Driven(span, ended_at, 0, miles, 90, False, (), span.end), rates, policies_at(NOON), zone)
                     for ended_at in (span.end, span.end + timedelta(minutes=75)))
    assert [line.code for line in late] == codes
    given_back = Line("fee_given_back", Money(900), "cancel_notice", 1, {"minutes": 60, "at": NOON.isoformat()})
    with transaction():
        bill(trip, (), [*late, given_back], clock.at)
    time = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "time_weekday")).one()
    correct(line=time, amount=Money(300), why="goodwill", rule="refund_alone", rule_version=1, once="kind", now=clock.at)
    assert drove(member.id, own, NOON, THIRD).cents - before.cents == total([line.amount for line in in_time]).cents
    assert db.session.scalar(select(func.count()).where(LedgerRow.origin == Origin.CORRECTION)) == 3, "time, and its taxes"


def test_an_estimate_of_somebody_who_was_erased_stops_nobody_elses(app, people, clock):
    a_joined(app, people)
    with transaction():
        db.session.execute(Promise.__table__.update().where(Promise.kind == "estimate").values(subject=f"estimate:{new_id()}"))
    clock.at = THIRD
    assert (settle_estimates(THIRD), promise("estimate").state) == (1, "waived")


def test_the_letter_before_a_licence_ends_keeps_its_promise(app, people, clock):
    a_verified(people.member(), expires_on=date(2027, 1, 10))
    assert (promise("renewal").state, promise("renewal").due_at) == ("open", datetime(2026, 12, 12, 6, tzinfo=UTC))
    clock.at = NOON + 13 * DAY  # 34 days ahead
    warn_of_ends(clock.at)
    work(app)
    assert (promise("renewal").state, promise("renewal").actual) == ("kept", 34)
    assert ("stay.renewal", "succeeded", None) in steps("succeeded")
