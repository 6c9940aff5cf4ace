"""A car that is dirty inside is declined before it is driven, at no cost; whoever drives it has the remedy instead."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from experience.insight.reconcile import compare
from experience.promises.kinds import PromiseKind as K
from fleet.calendar.hold import CarTaken
from fleet.cars.models import CarState
from fleet.service.block import take_out_of_service
from fleet.service.queries import open_block_of
from fleet.telematics.listen import setups
from portal.billing.payments.models import Payment
from reservations.booking.billing import bill_of
from reservations.booking.models import Reservation, Status
from reservations.trip.decline import DeclinedOften, TooLateToDecline, decline
from reservations.trip.models import Trip
from reservations.trip.watch_promises import watch_trips
from tests.factories import a_car, hours
from tests.reservations.made import Street, booked, said_of_car
from tests.reservations.pages import browser_of, words_of
from tests.reservations.trip.test_promises import became, looked_inside, promises_of, remedies_of

SOON, NEXT = hours(2, 4), hours(4, 7)


@pytest.fixture
def street(street, app) -> Street:
    """The same street, in which every car's box has said that it stands in its bay."""
    app.extensions["adapters"].cars.install(setups())
    street.work()
    return street


def dirty(street, people, stars=2) -> tuple[Reservation, Reservation]:
    """A trip whose driver finds the car as the driver before left it."""
    before = street.returned(street.unlocked(booked(people.member(), span=SOON)))
    trip = street.unlocked(booked(people.member("Bo Lindqvist"), span=NEXT, now=street.clock()))
    looked_inside(street, trip, stars)
    return before, trip


def test_it_is_declined_from_the_trips_page_at_no_cost_and_the_driver_before_is_named(street, people):
    before, trip = dirty(street, people)
    browser = browser_of(street.site, trip.member.user, street.clock)
    assert "Decline this car" in words_of(browser.get("/drive"))
    for _twice in range(2):
        assert browser.post(f"/trips/{trip.reference}/decline").location == f"/trips/{trip.reference}"
    street.work()
    street.clock.forward(days=2)
    street.work()
    db.session.refresh(trip)
    assert (trip.status, trip.occupancy_id, bill_of(trip)) == (Status.CANCELLED, None, [])
    assert said_of_car(trip) == ("done", None)
    assert db.session.scalars(select(Payment.state).where(Payment.reservation_id == trip.id)).all() == ["released"]
    broken = promises_of(trip)[K.CLEAN]
    assert (broken.state, broken.cause, broken.cause_reservation_id) == ("broken", "other_member", before.id)
    assert remedies_of(trip) == {}
    assert became(trip)[K.PRICE] == became(trip)[K.CHARGED_ONCE] == ("waived", "cancelled")
    assert "It cost nothing" in words_of(browser.get(f"/trips/{trip.reference}"))
    found = compare(street.clock() - timedelta(days=3), street.clock() + timedelta(days=1))
    assert found.differences == []


def test_the_car_is_cleaned_first_and_whoever_has_booked_it_next_is_told(street, people):
    _before, trip = dirty(street, people)
    after = booked(people.member("Cy Young"), span=hours(7, 9), now=street.clock())
    much_later = booked(people.member("Dee Brown"), span=hours(20, 22), now=street.clock())
    decline(reservation=trip, now=street.clock())
    street.work()
    for one in (after, much_later, trip.car):
        db.session.refresh(one)
    block = open_block_of(trip.car_id)
    assert (trip.car.state, block.state, block.until) == (CarState.CLEANING, "cleaning", street.clock() + timedelta(hours=4))
    assert (after.at_risk_since, much_later.at_risk_since) == (street.clock(), None)
    assert db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == "trip_at_risk")).all() == [after.member_id]


def test_another_car_is_taken_in_its_place_at_the_same_price(street, people):
    _before, trip = dirty(street, people, stars=1)
    browser = browser_of(street.site, trip.member.user, street.clock)
    page = browser.get(f"/trips/{trip.reference}").text
    slug = page.split('name="car" value="', 1)[1].split('"', 1)[0]
    browser.post(f"/trips/{trip.reference}/instead", car=slug)
    street.work()
    other = db.session.scalars(select(Reservation).where(Reservation.stands_in_for_id == trip.id)).one()
    db.session.refresh(trip)
    assert (trip.status, other.status, other.price_cents, other.car.slug) == (
        Status.CANCELLED, Status.BOOKED, trip.price_cents, slug)
    assert db.session.scalars(select(Payment.state).where(Payment.reservation_id == other.id)).all() == ["held"]
    assert db.session.scalar(select(func.count()).select_from(Payment).where(Payment.reservation_id == trip.id)) == 0


@pytest.mark.parametrize("drives", [True, False])
def test_who_drives_it_or_keeps_it_declines_no_more_and_has_the_remedy(street, people, drives):
    _before, trip = dirty(street, people)
    street.work()
    assert remedies_of(trip) == {}
    if drives:
        street.drives(trip, miles=1, minutes=4)
    else:
        street.clock.forward(minutes=16)
    with pytest.raises(TooLateToDecline):
        decline(reservation=trip, now=street.clock())
    assert "Decline this car" not in words_of(browser_of(street.site, trip.member.user, street.clock).get("/drive"))
    assert "Thank you. $10.00 is yours, on its way." in words_of(
        browser_of(street.site, trip.member.user, street.clock).get("/drive"))
    street.clock.forward(minutes=16)
    watch_trips(street.clock())
    street.work()
    street.work()
    assert remedies_of(trip) == {K.CLEAN: 1000}
    assert "Thank you. $10.00 of credit is yours." in words_of(
        browser_of(street.site, trip.member.user, street.clock).get("/drive"))
    assert trip.status == Status.DRIVING


@pytest.mark.one_database
def test_a_slip_of_the_finger_is_put_right_on_the_trips_page(street, people):
    trip = street.unlocked(booked(people.member(), span=SOON))
    browser = browser_of(street.site, trip.member.user, street.clock)
    browser.post(f"/trips/{trip.reference}/inside", cleanliness="1")
    page = words_of(browser.get("/drive"))
    assert "Inside: Unusable. Thank you. If you drive it, $10.00 is yours; if you decline it, you pay nothing." in page
    assert "Change it, until" in page
    browser.post(f"/trips/{trip.reference}/inside", cleanliness="4")
    page = words_of(browser.get("/drive"))
    assert "Inside: Clean. Thank you." in page
    assert "Decline this car" not in page
    street.clock.forward(minutes=5)
    assert "Change it, until" not in words_of(browser.get("/drive"))
    browser.post(f"/trips/{trip.reference}/inside", cleanliness="1")
    assert "What you said of the inside stands by now." in browser.get("/drive").text
    street.returned(trip)
    street.work()
    assert promises_of(trip)[K.CLEAN].state == "kept"
    assert remedies_of(trip) == {}


@pytest.mark.one_database
def test_whoever_was_paid_for_two_dirty_cars_this_month_reads_that_somebody_looks_first(street, people):
    ada = people.member()
    for hour in (2, 5):
        trip = street.unlocked(booked(ada, span=hours(hour, hour + 1), now=street.clock()))
        looked_inside(street, trip, 1)
        street.returned(trip)
        street.work()
    trip = street.unlocked(booked(ada, span=hours(9, 10), now=street.clock()))
    looked_inside(street, trip, 1)
    page = words_of(browser_of(street.site, ada.user, street.clock).get("/drive"))
    assert "Somebody of ours looks at it first, and writes to you." in page
    assert "$10.00 is yours" not in page


@pytest.mark.one_database
def test_the_third_car_in_a_month_is_declined_by_nobody_alone(street, people):
    bo = people.member("Bo Lindqvist")
    for hour, car in ((2, a_car()), (5, a_car(car_class="economy"))):
        trip = street.unlocked(booked(bo, car, hours(hour, hour + 1), now=street.clock()))
        looked_inside(street, trip, 1)
        decline(reservation=trip, now=street.clock())
        street.work()
    trip = street.unlocked(booked(bo, a_car(name="Basil"), hours(8, 10), now=street.clock()))
    looked_inside(street, trip, 1)
    with pytest.raises(DeclinedOften):
        decline(reservation=trip, now=street.clock())
    page = words_of(browser_of(street.site, bo.user, street.clock).get("/drive"))
    assert "You have declined several cars lately, so somebody looks at this one first." in page
    assert "Decline this car" not in page
    assert trip.status == Status.DRIVING


@pytest.mark.one_database
def test_a_car_that_a_manager_takes_out_meanwhile_is_declined_all_the_same(street, people):
    _before, trip = dirty(street, people)
    take_out_of_service(car=trip.car, state=CarState.MAINTENANCE, why="Brakes", until=street.clock() + timedelta(days=1),
                        by_user_id=people.staff("fleet").id, now=street.clock())
    decline(reservation=trip, now=street.clock())
    assert (trip.status, open_block_of(trip.car_id).state) == (Status.CANCELLED, "maintenance")


@pytest.mark.one_database
def test_a_car_whose_free_time_others_book_at_that_moment_is_taken_out_a_little_later(street, people, monkeypatch):
    _before, trip = dirty(street, people)

    def booked_just_now(*_args) -> None:
        raise CarTaken(car_id=trip.car_id)

    with monkeypatch.context() as busy:
        busy.setattr("fleet.service.block.hold_for_block", booked_just_now)
        decline(reservation=trip, now=street.clock())
    assert (trip.status, open_block_of(trip.car_id)) == (Status.CANCELLED, None)
    street.work()
    assert open_block_of(trip.car_id).why == "Declined at pick-up: dirty inside"


def test_a_car_that_is_fair_inside_is_not_declined(street, people):
    _before, trip = dirty(street, people, stars=3)
    with pytest.raises(TooLateToDecline):
        decline(reservation=trip, now=street.clock())
    assert db.session.get_one(Trip, trip.id).ended_at is None
    assert trip.car.state == CarState.AVAILABLE
