"""The home page: what its cards say is what whoever looks at them pays; and what waits for a member, each with its way on."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Driver
from portal.account.models import MemberStatus, Role
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import own_payer
from portal.web import say
from reservations.booking.moves.offer import offer_move
from reservations.booking.offer import FrozenOffer
from reservations.search.times import default_span
from tests.factories import NOON, a_car
from tests.portal.signup.made import a_number, an_applicant
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database
PRICED = re.compile(r'data-slug="([^"]+)".*? data-price="([^"]+)"')


def test_a_young_member_sees_the_price_with_what_their_age_adds(site, people, clock):
    ada, born_on = people.member(), date(2005, 11, 25)
    with transaction():
        ada.born_on = born_on
    span = default_span(NOON, policies_at(NOON))
    cards = PRICED.findall(browser_of(site, ada.user, clock).get("/").text)
    assert cards
    for slug, price in cards:
        car = a_car(slug=slug)
        quote = FrozenOffer(car.id, span, ada.plan, NOON).price(car, "included", Driver(born_on))
        assert "young_driver" in {line.code for line in quote.lines}
        assert price == say.money(quote.total)


def test_a_visitor_sees_what_it_costs_and_no_matters_and_a_member_the_other_way_round(site, people, clock):
    visitor = site.test_client().get("/").text
    assert "$24.52" in visitor  # two hours on a weekday, as in test_estimate.py
    assert "Open matters" not in visitor
    member = browser_of(site, people.member().user, clock).get("/").text
    assert "Hello, Ada" in member
    assert "What it costs" not in member
    assert "Open matters" not in member


def test_the_next_trip_comes_with_the_one_next_thing_to_do(site, people, clock):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    trip = booked(ada)
    page = browser_of(site, ada.user, clock)
    assert f'href="/trips/{trip.reference}"' in page.get("/").text
    assert trip.reference not in browser_of(site, bo.user, clock).get("/").text
    clock.at = trip.starts_at - timedelta(minutes=10)  # in at last: from now on the car opens
    assert "Walk to the car, look round it and unlock it." in page.get("/").text
    clock.at = trip.ends_at
    assert "Your next trip" not in page.get("/").text


def test_each_open_matter_leads_to_where_it_is_done(site, people, clock):
    ada, today = people.member(), NOON.date()
    trip = booked(ada)
    wagon = a_car(car_class=trip.car.car_class, lot_id=trip.car.lot_id) or trip.car
    move = offer_move(reservation=trip, car=next(car for car in db.session.scalars(select(Car).where(
        Car.id != wagon.id, Car.id != trip.car_id).order_by(Car.id))), by_user_id=None, now=NOON)
    assert move is not None
    with transaction():
        ada.licence_until = today + timedelta(days=20)
        payer = own_payer(ada.id)
        enter([Transfer(Account.RECEIVABLE, Account.MEMBERSHIP, Money(700), Origin.MEMBERSHIP, "membership",
                        "membership_regular", 1, "membership-of-a-test", NOON, payer_id=payer.id, member_id=ada.id, facts={})])
        payer.owing_since = NOON
    page = " ".join(browser_of(site, ada.user, clock).get("/").text.split("</form>")[0].split())
    assert f'href="/trips/{trip.reference}/move"' in page
    assert "$7.00 is open: no card paid it." in page
    assert 'href="/account/payments"' in page
    assert "Your licence counts until Mon, Dec 14" in page
    with transaction():
        ada.licence_until = today - timedelta(days=1)
    assert "Booking waits for a new one." in browser_of(site, ada.user, clock).get("/").text


def test_a_licence_that_counts_long_enough_and_what_is_on_its_way_to_the_card_are_no_matters(site, people, clock):
    ada = people.member()
    with transaction():
        ada.licence_until = NOON.date() + timedelta(days=61)
        payer = own_payer(ada.id)
        enter([Transfer(Account.RECEIVABLE, Account.MEMBERSHIP, Money(700), Origin.MEMBERSHIP, "membership",
                        "membership_regular", 1, "membership-of-a-test", NOON, payer_id=payer.id, member_id=ada.id, facts={})])
    assert "Open matters" not in browser_of(site, ada.user, clock).get("/").text


@pytest.mark.parametrize("address", ["/pricing", "/terms", "/help?q=snap"])
def test_the_reduced_tier_is_told_of_before_anybody_joins(site, address):
    page = words_of(site.test_client().get(address))
    assert "educed tier" in page
    assert "25%" in page
    assert "50%" in page


@pytest.mark.parametrize("address", ["/", "/how-it-works", "/pricing", "/coverage", "/coverage?view=map", "/insurance",
                                     "/terms", "/help?q=fuel"])
def test_these_pages_open_for_everybody(site, people, clock, address):
    assert site.test_client().get(address).status_code == 200
    for user in (people.member(status=MemberStatus.APPLICANT).user, people.member().user, people.staff(Role.FLEET)):
        assert browser_of(site, user, clock).get(address).status_code == 200


@pytest.mark.one_database
def test_whoever_stopped_within_joining_reads_at_which_step(site, people, clock):
    application = an_applicant(people)
    a_number(site, application.member)
    page = browser_of(site, application.member.user, clock).get("/").text
    assert "Go on: step 3 of 6, Licence" in page
    assert "as soon as your application is approved" not in page
