"""A taxi that was taken because the car was not there is repaid by its receipt: once, and up to what is published."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from core.database import db, transaction
from core.money import Money
from core.refusal import NotFound
from experience.promises.kinds import PromiseKind as K
from fleet.telematics.listen import setups
from portal.billing.credits.models import Credit
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import LedgerRow
from portal.site.promises import told
from reservations.booking.cancel import cancel
from reservations.booking.stand_ins import stand_ins
from reservations.booking.take_stand_in import take_stand_in
from reservations.trip.repay_taxi import (
    AnotherCar,
    NotThatDay,
    Ride,
    SomebodyLooks,
    TaxiTooLate,
    is_repaid,
    my_taxi_promise,
    repay_taxi,
)
from tests.factories import NOON, a_car, hours
from tests.portal.billing.made import payer
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of
from tests.reservations.trip.test_promises import promises_of, remedies_of

TODAY = NOON.date()


def given_up(street, people, car=None, member=None, start=4):
    """A promise that was broken because the car was not back, to a member who gave it up."""
    car = car or a_car()
    charges = 1.5 if car.electric else 0  # hours for which nobody else could book it
    street.unlocked(booked(people.member(), car, hours(start - 2 - charges, start - charges), now=street.clock()))
    trip = booked(member or people.member("Bo Lindqvist"), car, hours(start, start + 1), now=street.clock())
    street.clock.at = trip.starts_at + timedelta(minutes=1)
    cancel(reservation=trip, now=street.clock())
    street.work()
    return trip, promises_of(trip)[K.CAR_THERE]


def ride(cents: int, on=TODAY) -> Ride:
    return Ride("Yellow Cab", on, Money(cents))


@contextmanager
def statements() -> Iterator[list[str]]:
    """What was asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def taxi_rows() -> list[tuple[int, int, int]]:
    db.session.rollback()
    return [(row.amount.cents, row.facts["paid_cents"], row.facts["rule_version"]) for row in db.session.scalars(
        select(LedgerRow).where(LedgerRow.code == "granted_service")) if row.facts["why"] == "remedy_taxi"]


def test_it_is_repaid_from_the_page_of_the_promise_up_to_the_published_amount(street, people):
    trip, promise = given_up(street, people)
    browser = browser_of(street.site, trip.member.user, street.clock)
    assert "Took a taxi instead? Send in its receipt" in words_of(browser.get("/account/promises"))
    address = f"/account/promises/{promise.id}/taxi"
    wrong = browser.fill_in(address, company="Yellow Cab", day="2026-11-20", paid="27.40")
    assert (wrong.status_code, taxi_rows()) == (422, [])
    assert "That is not the day of the trip." in words_of(wrong)
    assert browser.fill_in(address, company="Yellow Cab", day=TODAY.isoformat(), paid="27.40").location == "/account/promises"
    assert taxi_rows() == [(2000, 2740, 1)]
    assert payer(trip.member).credit_cents == 1500 + 2000
    street.clock.forward(minutes=1)
    assert "And $20.00 for your taxi." in words_of(browser.get("/account/promises"))
    assert "we gave you $35.00 of credit" in words_of(browser.get("/account/promises"))
    browser.post(address, company="Yellow Cab", day=TODAY.isoformat(), paid="9.00")
    assert taxi_rows() == [(2000, 2740, 1)]
    assert "Repaid: $20.00 of credit." in words_of(browser.get(address))
    assert differences() == []


def test_less_than_the_most_is_repaid_as_it_is_and_of_many_who_ask_at_once_one_is_paid(street, people, app):
    _trip, promise = given_up(street, people)
    start, failed = threading.Barrier(5), []

    def ask() -> None:
        with app.app_context():
            start.wait()
            try:
                repay_taxi(promise=db.session.get_one(type(promise), promise.id), ride=ride(1740), now=street.clock())
            except Exception as error:  # shown by the test
                failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert taxi_rows() == [(1740, 1740, 1)]
    assert db.session.scalar(select(func.count()).select_from(Credit).where(Credit.why == "remedy_taxi")) == 1


@pytest.mark.one_database
def test_its_day_its_time_and_how_often_are_looked_at(street, people):
    cars = [a_car(name="Basil"), a_car(), a_car(car_class="economy")]
    member = people.member("Bo Lindqvist")
    broken = [given_up(street, people, car, member, start)[1] for start, car in zip((4, 7, 10), cars, strict=True)]
    with pytest.raises(NotThatDay):
        repay_taxi(promise=broken[0], ride=ride(900, TODAY - timedelta(days=1)), now=street.clock())
    with pytest.raises(NotThatDay):  # the day after, which has not come
        repay_taxi(promise=broken[0], ride=ride(900, TODAY + timedelta(days=1)), now=street.clock())
    with pytest.raises(TaxiTooLate):
        repay_taxi(promise=broken[0], ride=ride(900), now=street.clock() + timedelta(days=31))
    for promise in broken[:2]:
        repay_taxi(promise=promise, ride=ride(900), now=street.clock())
    with pytest.raises(SomebodyLooks):
        repay_taxi(promise=broken[2], ride=ride(900), now=street.clock())
    assert len(taxi_rows()) == 2


def test_who_drove_after_all_or_was_promised_something_else_sends_in_no_taxi(street, people):
    late = street.unlocked(booked(people.member(), span=hours(2, 4)))
    waits = booked(people.member("Bo Lindqvist"), span=hours(4, 7))
    street.returned(late, at=waits.starts_at + timedelta(minutes=20))
    street.unlocked(waits)
    assert promises_of(waits)[K.CAR_THERE].state == "broken"
    assert not is_repaid(promises_of(waits)[K.CAR_THERE])
    for promise in (promises_of(waits)[K.CAR_THERE], promises_of(waits)[K.CLEAN]):
        with pytest.raises(NotFound):
            my_taxi_promise(waits.member, promise.id)


@pytest.mark.parametrize("deep", [1, 2])
def test_whoever_has_another_car_in_its_place_has_no_taxi_until_they_give_that_up_too(street, people, app, deep):
    app.extensions["adapters"].cars.install(setups())
    street.unlocked(booked(people.member(), span=hours(2, 4)))
    waits = last = booked(people.member("Bo Lindqvist"), span=hours(4, 7))
    street.work()
    street.clock.at = waits.starts_at + timedelta(minutes=11)
    street.work()
    for _car in range(deep):
        if last is not waits:
            with transaction():
                last.at_risk_since = street.clock()
        last = take_stand_in(reservation=last, car=stand_ins(last, street.clock())[0].car, now=street.clock())
    street.work()
    promise = promises_of(waits)[K.CAR_THERE]
    assert remedies_of(waits) == {K.CAR_THERE: 1500}
    with pytest.raises(NotFound):
        my_taxi_promise(waits.member, promise.id)
    with pytest.raises(AnotherCar):
        repay_taxi(promise=promise, ride=ride(900), now=street.clock())
    cancel(reservation=last, now=street.clock())
    assert repay_taxi(promise=promise, ride=ride(900), now=street.clock()).amount.cents == 900


@pytest.mark.one_database
def test_the_promises_of_a_page_ask_once_together_whether_a_taxi_is_repaid(street, people):
    cars = [a_car(name="Basil"), a_car(), a_car(car_class="economy")]
    bo = people.member("Bo Lindqvist")
    broken = [given_up(street, people, car, bo, start)[1] for start, car in zip((4, 7, 10), cars, strict=True)]
    for promise in broken:
        db.session.refresh(promise)
    counted = []
    for some in (broken[:1], broken):
        with statements() as asked:
            assert [row.may_claim for row in told(some)] == [True] * len(some)
        rules = ("FROM rules_stamp", "FROM policies", "FROM tariffs")  # which a process reads once
        counted.append(len([each for each in asked if not any(rule in each for rule in rules)]))
    assert counted[0] == counted[1]


def test_somebody_elses_promise_is_not_there(street, people):
    trip, promise = given_up(street, people)
    assert my_taxi_promise(trip.member, promise.id).id == promise.id
    with pytest.raises(NotFound):
        my_taxi_promise(people.member("Cy Young"), promise.id)
