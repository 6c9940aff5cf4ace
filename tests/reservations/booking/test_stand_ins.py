"""A member whose car cannot be had takes another one at the same price, or gives up and is made good: once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from experience.insight.reconcile import compare
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise
from fleet.calendar.hold import CarTaken
from fleet.calendar.models import Occupancy
from fleet.cars.classes import classes_for
from fleet.cars.models import Car, CarReading, CarState
from fleet.tariffs.models import Redemption
from fleet.telematics.listen import setups
from portal.billing.payments.models import Payment
from portal.billing.remedies.models import Remedy
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from reservations.booking.errors import CarIsThere
from reservations.booking.models import Reservation, Status
from reservations.booking.promo import redeem
from reservations.booking.stand_ins import may_have_another, stand_ins
from reservations.booking.take_stand_in import take_stand_in
from tests.factories import NOON, a_car, hours
from tests.reservations.booking.test_promo import a_code, uses
from tests.reservations.made import Street, booked
from tests.reservations.pages import browser_of, words_of
from tests.reservations.trip.test_promises import cases_about, promises_of, remedies_of

SOON, NEXT = hours(2, 4), hours(4, 7)


@pytest.fixture
def street(street, app) -> Street:
    """The same street, in which every car's box has said that it stands in its bay."""
    app.extensions["adapters"].cars.install(setups())
    street.work()
    return street


def late_and_waiting(street, people, name="Bo Lindqvist") -> tuple[Reservation, Reservation]:
    """Somebody is out past their end, and somebody else stands in the empty bay when their own time begins."""
    late = street.unlocked(booked(people.member(), span=SOON))
    waits = booked(people.member(name), span=NEXT)
    street.work()
    street.clock.at = waits.starts_at + timedelta(minutes=1)
    return late, waits


def test_the_first_that_is_offered_is_in_the_same_lot_and_all_are_equal_or_better_and_free(street, people):
    _late, waits = late_and_waiting(street, people)
    found = stand_ins(waits, street.clock())
    assert len(found) > 3
    mine = waits.car
    same_lot = [each.car.lot_id == mine.lot_id for each in found]
    assert same_lot == sorted(same_lot, reverse=True)
    beyond = [each.metres for each in found if each.car.lot_id != mine.lot_id]
    assert beyond == sorted(beyond)
    assert max(beyond) <= 1600  # the policy stand_in_within
    for each in found:
        assert each.car.car_class in classes_for(mine.car_class)
        assert each.car.model.seats >= mine.model.seats
    silent, blocked, empty, lost, taken, best = [each.car for each in found[:6]]
    booked(people.member(), taken, hours(5, 6), now=street.clock())
    with transaction():
        db.session.get_one(CarReading, silent.id).online = False
        db.session.get_one(Car, blocked.id).state = CarState.MAINTENANCE
        db.session.get_one(CarReading, empty.id).energy_percent = 24
        db.session.get_one(CarReading, lost.id).lat += 0.01
    assert stand_ins(waits, street.clock())[0].car.id == best.id


def test_another_car_is_taken_with_one_tap_at_the_same_price_and_settles_the_promise_with_its_cause(street, people):
    late, waits = late_and_waiting(street, people)
    held = db.session.scalars(select(Payment).where(Payment.reservation_id == waits.id)).one()
    browser = browser_of(street.site, waits.member.user, street.clock)
    page = browser.get(f"/trips/{waits.reference}")
    first = stand_ins(waits, street.clock())[0].car
    assert f"Take {first.name}" in words_of(page)
    assert "Or cancel: you pay nothing, and we give you $15.00 of credit." in words_of(page)
    answer = browser.post(f"/trips/{waits.reference}/instead", car=first.slug)
    other = db.session.scalars(select(Reservation).where(Reservation.stands_in_for_id == waits.id)).one()
    assert answer.location == f"/trips/{other.reference}"
    assert (other.car_id, other.price_cents, other.quote, other.waiver, other.ends_at) == (
        first.id, waits.price_cents, waits.quote, waits.waiver, waits.ends_at)
    street.work()
    db.session.refresh(waits)
    assert (waits.status, waits.occupancy_id, bill_of(waits)) == (Status.CANCELLED, None, [])
    broken = promises_of(waits)[K.CAR_THERE]
    assert (broken.state, broken.cause, broken.cause_reservation_id) == ("broken", "other_member", late.id)
    assert (remedies_of(waits), cases_about(waits)) == ({}, 2)  # one for the promise, one for what the log says
    assert {one.state for one in promises_of(other).values()} == {"open", "kept"}
    assert f"you took {first.name} at the same price" in words_of(browser.get("/account/promises"))
    assert f"You took {first.name} instead" in words_of(browser.get(f"/trips/{waits.reference}"))
    db.session.refresh(held)
    assert (held.reservation_id, held.state) == (other.id, "held")  # and no second one was asked of the card
    assert db.session.scalar(select(func.count()).select_from(Payment).where(Payment.payer_id == held.payer_id)) == 1
    street.unlocked(other)
    street.returned(other)
    assert sum(row.amount.cents for row in bill_of(other)) == waits.price_cents


def test_who_waited_longer_than_the_grace_has_their_credit_and_may_still_take_another_car(street, people):
    _late, waits = late_and_waiting(street, people)
    street.clock.forward(minutes=10)
    street.work()
    other = take_stand_in(reservation=waits, car=stand_ins(waits, street.clock())[0].car, now=street.clock())
    assert take_stand_in(reservation=waits, car=other.car, now=street.clock()).id == other.id
    street.work()
    assert remedies_of(waits) == {K.CAR_THERE: 1500}


def test_who_takes_one_late_pays_for_the_time_that_is_left_and_for_less_than_half_an_hour_there_is_none(street, people):
    _late, waits = late_and_waiting(street, people)
    street.clock.at = waits.ends_at - timedelta(minutes=15)
    assert not may_have_another(waits, street.clock())
    street.clock.at = waits.ends_at - timedelta(minutes=60)
    assert may_have_another(waits, street.clock())
    other = take_stand_in(reservation=waits, car=stand_ins(waits, street.clock())[0].car, now=street.clock())
    assert other.span.minutes == 60
    assert 0 < other.price_cents < waits.price_cents
    street.unlocked(other)
    street.returned(other)
    assert sum(row.amount.cents for row in bill_of(other)) == other.price_cents


def test_who_gives_up_at_once_pays_nothing_and_is_made_good_once(street, people):
    late, waits = late_and_waiting(street, people)
    assert cancel(reservation=waits, now=street.clock()).cents == 0
    street.work()
    street.clock.forward(minutes=30)
    street.work()
    broken = promises_of(waits)[K.CAR_THERE]
    assert (broken.state, broken.cause_reservation_id) == ("broken", late.id)
    assert remedies_of(waits) == {K.CAR_THERE: 1500}
    assert db.session.scalar(select(func.count()).select_from(Remedy)) == 1


def test_the_car_that_stands_in_may_be_given_up_at_no_cost_while_one_cools_off(street, people):
    _late, waits = late_and_waiting(street, people)
    other = take_stand_in(reservation=waits, car=stand_ins(waits, street.clock())[0].car, now=street.clock())
    assert cancel(reservation=other, now=street.clock() + timedelta(minutes=30)).cents == 0
    later = booked(people.member("Cy"), other.car, NEXT, now=street.clock())
    assert cancel(reservation=later, now=street.clock()).cents == later.price_cents


def test_a_booking_at_risk_gets_all_of_its_time_in_another_car_and_breaks_nothing_before_its_hour(street, people):
    trip = booked(people.member())
    with transaction():
        trip.at_risk_since = street.clock()
    other = take_stand_in(reservation=trip, car=stand_ins(trip, street.clock())[0].car, now=street.clock())
    assert (other.starts_at, other.ends_at) == (trip.starts_at, trip.ends_at)
    assert promises_of(trip)[K.CAR_THERE].state == "waived"


def test_whose_car_is_there_takes_no_other_one(street, people):
    trip = booked(people.member(), span=SOON)
    street.clock.at = trip.starts_at
    with pytest.raises(CarIsThere):
        take_stand_in(reservation=trip, car=stand_ins(trip, street.clock())[0].car, now=street.clock())
    assert "Take another car" not in words_of(browser_of(street.site, trip.member.user, street.clock).get("/drive"))


def test_a_car_that_may_not_stand_in_is_not_given(street, people):
    _late, waits = late_and_waiting(street, people)
    with pytest.raises(CarTaken):
        take_stand_in(reservation=waits, car=a_car(car_class="van"), now=street.clock())
    assert waits.status == Status.BOOKED


def test_of_several_to_whom_the_same_car_is_offered_exactly_one_gets_it_and_the_others_are_offered_another(street, people, app):
    """Six members whose cars are in the workshop, for several rounds; the calendar's constraint is the judge."""
    cars = list(db.session.scalars(select(Car).where(Car.car_class == a_car().car_class).order_by(Car.id).limit(6)))
    start = 30
    for _round in range(5):
        trips = [booked(people.member(), car, hours(start, start + 2)) for car in cars]
        with transaction():
            for trip in trips:
                trip.at_risk_since = street.clock()
        wanted = next(each.car for each in stand_ins(trips[0], street.clock()) if all(
            each.car.id in {other.car.id for other in stand_ins(trip, street.clock())} for trip in trips))
        won, lost, barrier = [], [], threading.Barrier(len(trips))

        def take(trip_id, barrier=barrier, car_id=wanted.id, won=won, lost=lost):
            with app.app_context():
                trip, car = db.session.get_one(Reservation, trip_id), db.session.get_one(Car, car_id)
                barrier.wait()
                try:
                    won.append(take_stand_in(reservation=trip, car=car, now=street.clock()).id)
                except CarTaken:
                    lost.append(trip_id)

        threads = [threading.Thread(target=take, args=(trip.id,)) for trip in trips]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        assert (len(won), len(lost)) == (1, len(trips) - 1)
        assert db.session.scalar(select(func.count()).select_from(Occupancy).where(
            Occupancy.car_id == wanted.id, Occupancy.starts_at < trips[0].ends_at, Occupancy.ends_at > trips[0].starts_at)) == 1
        for trip in trips:
            db.session.refresh(trip)
            assert trip.id not in lost or (trip.status, wanted.id in {each.car.id for each in stand_ins(
                trip, street.clock())}) == (Status.BOOKED, False)
        start += 3


def test_what_was_done_is_in_the_log_once_for_each_booking(street, people):
    _late, waits = late_and_waiting(street, people)
    take_stand_in(reservation=waits, car=stand_ins(waits, street.clock())[0].car, now=street.clock())
    street.work()
    found = compare(street.clock() - timedelta(days=1), street.clock() + timedelta(days=1))
    assert found.differences == []
    assert db.session.scalar(select(func.count()).select_from(Promise).where(Promise.reservation_id == waits.id)) == 11


def test_the_use_of_a_promo_code_goes_on_to_the_car_that_stands_in(street, people):
    _late, waits = late_and_waiting(street, people)
    with transaction():
        redeem(a_code(), member_id=waits.member_id, reservation_id=waits.id, now=NOON)
    other = take_stand_in(reservation=waits, car=stand_ins(waits, street.clock())[0].car, now=street.clock())
    assert uses("ROW20") == (1, 1)
    assert db.session.scalars(select(Redemption.reservation_id)).all() == [other.id]
    cancel(reservation=other, now=street.clock())
    assert uses("ROW20") == (0, 0)
