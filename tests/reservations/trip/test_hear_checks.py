"""A one-tap "no" is evidence and breaks the promise it is about; a "yes" keeps it where nothing shows more than the word."""

from datetime import timedelta

import pytest

from core.database import db, transaction
from core.ids import new_id
from experience.asks.answer import answer_ask
from experience.asks.models import Answer, AskRow, AskState
from experience.asks.solicitations import SOLICITATIONS
from experience.journey import Ask
from experience.promises.kinds import PromiseKind as K
from fleet.cars.models import CarReading
from reservations.trip.queries import trip_of
from reservations.trip.return_car import return_car
from tests.factories import hours
from tests.reservations.made import booked
from tests.reservations.trip.test_promises import became, cases_about, promises_of, remedies_of

SOON, HOUR = hours(2, 4), timedelta(hours=1, minutes=1)


def says(street, trip, check: str, value: int) -> Answer:
    """The member was asked on a page (which of the checks is drawn, the gate's own tests say), and taps."""
    with transaction():
        ask = AskRow(id=new_id(), member_id=trip.member_id, solicitation=check, metric=Ask.VERIFY, exempt=True,
                     step=SOLICITATIONS[check].step, reservation_id=trip.id, state=AskState.SHOWN, shown_by="page",
                     offered_at=street.clock(), shown_at=street.clock(), expires_at=street.clock() + timedelta(days=3),
                     rules_version=1, probability=1.0, facts={"trip_id": trip.id}, once=f"{check}-{trip.id}")
        db.session.add(ask)
    return answer_ask(ask_id=ask.id, value=value, words="", channel="page", locale="en",
                      seal=street.site.extensions["adapters"].seal, now=street.clock())


def falls_silent(trip) -> None:
    with transaction():
        db.session.get_one(CarReading, trip.car_id).online = False


def at_the_car(street, people):
    trip = booked(people.member(), span=SOON)
    street.work()
    street.clock.at = trip.starts_at
    falls_silent(trip)
    return trip


def driven(street, people, *, silent=True):
    """A trip that is over, whose box said nothing at its end."""
    trip = street.unlocked(booked(people.member(), span=SOON))
    if not silent:
        return street.returned(trip)
    falls_silent(trip)
    street.clock.at = trip.ends_at
    return_car(reservation=trip, odometer=int(trip_of(trip).start_odometer) + 9, energy=100, now=street.clock())
    street.work()
    return trip


def test_no_at_the_car_breaks_at_once_that_it_is_there_and_somebody_looks_after_the_member(street, people):
    trip = at_the_car(street, people)
    answer = says(street, trip, "arrive_check", 0)
    street.work()
    broken = promises_of(trip)[K.CAR_THERE]
    assert (broken.state, broken.cause) == ("broken", "elsewhere")
    assert broken.evidence == {"said_by": "member", "answer_id": str(answer.id)}
    assert (cases_about(trip), remedies_of(trip)) == (1, {})  # the word alone pays nothing: a person decides


def test_no_and_then_opening_it_before_anybody_looked_breaks_it_all_the_same(street, people):
    trip = at_the_car(street, people)
    says(street, trip, "arrive_check", 0)
    street.unlocked(trip)
    assert became(trip)[K.CAR_THERE] == ("broken", "elsewhere")


def test_yes_at_the_car_keeps_it_while_the_box_is_silent_and_leaves_it_to_a_box_that_is_not(street, people):
    trip = at_the_car(street, people)
    with transaction():
        db.session.get_one(CarReading, trip.car_id).online = True
    says(street, trip, "arrive_check", 1)
    street.work()
    assert became(trip)[K.CAR_THERE] == ("open", None)
    falls_silent(trip)
    street.work()
    assert became(trip)[K.CAR_THERE] == ("kept", None)
    assert promises_of(trip)[K.CAR_THERE].evidence["there"] is True


@pytest.mark.parametrize(("check", "kind", "cause"), [
    ("bay_check", K.BAY_FREE, "blocked"), ("features_check", K.FEATURES, "our_work")])
@pytest.mark.parametrize("value", [0, 1])
def test_an_answer_on_the_receipt_counts_once_it_can_no_longer_be_changed(street, people, check, kind, cause, value):
    trip = driven(street, people)
    answer = says(street, trip, check, value)
    street.work()
    assert became(trip)[kind] == ("open", None)
    street.clock.forward(seconds=HOUR.total_seconds())
    street.work()
    assert became(trip)[kind] == (("kept", None) if value else ("broken", cause))
    assert promises_of(trip)[kind].evidence == {"said_by": "member", "answer_id": str(answer.id)}


def test_what_the_box_saw_stands_whatever_is_said_later(street, people):
    trip = driven(street, people, silent=False)
    assert became(trip)[K.BAY_FREE] == ("kept", None)
    says(street, trip, "bay_check", 0)
    street.clock.forward(seconds=HOUR.total_seconds())
    street.work()
    assert became(trip)[K.BAY_FREE] == ("kept", None)
