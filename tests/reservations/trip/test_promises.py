"""What a booking promises and what the trip's own evidence makes of it, each settled exactly once, with a cause."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from experience.promises.kinds import Cause, PromiseKind, State
from experience.promises.models import Promise
from experience.record.models import Event
from experience.record.pids import pid_of
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.player.cars import Faults
from fleet.telematics.port import Action
from portal.billing.remedies.models import Remedy
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation, Status
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.errors import CheckStands
from reservations.trip.models import CheckStage
from reservations.trip.return_car import return_car
from reservations.trip.watch_promises import watch_trips
from tests.factories import NOON, a_car, hours
from tests.reservations.made import Street, booked

K = PromiseKind
SOON = hours(2, 4)
NEXT = hours(4, 6)


def promises_of(reservation) -> dict[str, Promise]:
    db.session.rollback()
    return {one.kind: one for one in db.session.scalars(
        select(Promise).where(Promise.reservation_id == reservation.id).execution_options(populate_existing=True))}


def became(reservation) -> dict[str, tuple[str, str | None]]:
    return {kind: (one.state, one.cause) for kind, one in promises_of(reservation).items()}


def remedies_of(reservation) -> dict[str, int]:
    return {one.kind: db.session.get(Remedy, one.id).amount_cents for one in promises_of(reservation).values()
            if db.session.get(Remedy, one.id) is not None}


def cases_about(reservation) -> int:
    """How often somebody was asked to look after the member of this trip."""
    return db.session.scalar(select(func.count()).select_from(OutboxRow).where(
        OutboxRow.kind == "open_case", OutboxRow.facts["reservation_id"].as_integer() == reservation.id)) or 0


def looked_inside(street: Street, reservation, stars: int) -> None:
    check_car(reservation=reservation, stage=CheckStage.INSIDE, cleanliness=stars, now=street.clock())
    street.work()


def test_a_booking_mints_what_its_quote_and_its_hour_promise(app, people):
    trip = booked(people.member(), span=SOON)
    minted = promises_of(trip)
    assert set(minted) == {K.CONFIRMATION, K.REMINDER, K.CAR_THERE, K.UNLOCK, K.ENERGY, K.CLEAN, K.FEATURES, K.BAY_FREE,
                           K.RECEIPT, K.PRICE, K.CHARGED_ONCE}
    assert {one.state for one in minted.values()} == {"open"}
    assert (minted[K.PRICE].expected, minted[K.ENERGY].expected) == (trip.price_cents, 25)
    assert (minted[K.CAR_THERE].due_at, minted[K.RECEIPT].due_at) == (trip.starts_at, trip.ends_at + timedelta(minutes=15))


def test_a_trip_without_trouble_keeps_every_promise(street, people):
    trip = booked(people.member(), span=SOON)
    street.work()
    street.clock.at = trip.starts_at - timedelta(hours=1)
    street.work()
    street.unlocked(trip)
    looked_inside(street, trip, 5)
    street.drives(trip, miles=5, minutes=30)
    street.returned(trip)
    street.clock.forward(days=2)
    street.work()
    assert {kind for kind, (state, _cause) in became(trip).items() if state != "kept"} == {K.FEATURES}  # nobody was asked
    assert remedies_of(trip) == {}
    arrived = db.session.scalars(select(Event).where(Event.step == "pickup.unlock", Event.phase == "succeeded")).one()
    assert arrived.promise_id == promises_of(trip)[K.UNLOCK].id


def test_a_driver_who_is_late_breaks_it_for_the_next_one_and_both_journeys_say_so(street, people):
    late = street.unlocked(booked(people.member(), span=SOON))
    waits = booked(people.member("Bo Lindqvist"), span=NEXT)
    street.clock.at = waits.starts_at + timedelta(minutes=9)
    street.work()
    assert promises_of(waits)[K.CAR_THERE].state == State.OPEN
    street.clock.forward(minutes=2)
    street.work()
    street.work()
    broken = promises_of(waits)[K.CAR_THERE]
    assert (broken.state, broken.cause, broken.cause_reservation_id) == ("broken", "other_member", late.id)
    assert remedies_of(waits) == {K.CAR_THERE: 1500}
    theirs, ours = str(pid_of("trip", waits.id)), str(pid_of("trip", late.id))
    felt = db.session.scalars(select(Event).where(Event.promise_id == broken.id, Event.journey_id == theirs,
                                                  Event.step == "pickup.arrive")).one()
    assert (felt.actor, felt.phase) == ("other_member", "failed")
    assert {"type": "trip", "id": ours, "qualifier": "cause"} in felt.objects
    did = db.session.scalars(select(Event).where(Event.promise_id == broken.id, Event.journey_id == ours)).one()
    assert did.step == "return.late_chain"
    assert {"type": "trip", "id": theirs, "qualifier": "effect"} in did.objects


def test_one_who_waits_a_few_minutes_for_the_car_is_told_so_and_gets_no_remedy(street, people):
    late = street.unlocked(booked(people.member(), span=SOON))
    waits = booked(people.member("Bo Lindqvist"), span=NEXT)
    street.returned(late, at=waits.starts_at + timedelta(minutes=4))
    street.clock.forward(minutes=1)
    street.unlocked(waits)
    broken = promises_of(waits)[K.CAR_THERE]
    assert (broken.state, broken.actual, broken.cause_reservation_id) == ("broken", 4, late.id)
    assert remedies_of(waits) == {}


def test_an_empty_tank_and_a_dirty_car_are_laid_at_the_trip_before_and_compensated(street, people):
    before = street.unlocked(booked(people.member(), span=SOON))
    street.fills(before, 20)
    street.returned(before)
    trip = street.unlocked(booked(people.member("Bo Lindqvist"), span=NEXT, now=street.clock()))
    street.work()
    looked_inside(street, trip, 2)
    street.clock.forward(minutes=16)  # until then it could be declined instead
    watch_trips(street.clock())
    street.work()
    found = promises_of(trip)
    assert [(found[kind].state, found[kind].actual, found[kind].cause_reservation_id) for kind in (K.ENERGY, K.CLEAN)] == [
        ("broken", 20, before.id), ("broken", 2, before.id)]
    hour = trip.quote["rates"]["weekday_hour"]
    assert remedies_of(trip) == {K.ENERGY: 500 + Money(hour * 20).cents // 60, K.CLEAN: 1000}


def test_how_clean_it_was_may_be_changed_for_five_minutes_and_three_of_five_breaks_without_a_remedy(street, people):
    trip = street.unlocked(booked(people.member(), span=SOON))
    looked_inside(street, trip, 1)
    street.clock.forward(minutes=4)
    watch_trips(street.clock())
    assert promises_of(trip)[K.CLEAN].state == State.OPEN
    looked_inside(street, trip, 3)
    street.clock.forward(minutes=4)
    watch_trips(street.clock())
    assert promises_of(trip)[K.CLEAN].state == State.OPEN
    street.clock.forward(minutes=1)
    for _twice in range(2):
        watch_trips(street.clock())
    with pytest.raises(CheckStands):
        looked_inside(street, trip, 1)
    street.returned(trip)
    street.work()
    assert (promises_of(trip)[K.CLEAN].state, promises_of(trip)[K.CLEAN].actual) == (State.BROKEN, 3)
    assert K.CLEAN not in remedies_of(trip)


def test_a_car_that_stays_shut_for_five_minutes_stops_the_meter(street, people):
    trip = booked(people.member(), span=SOON)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.unlocked(trip)
    street.clock.forward(minutes=4)
    street.work()
    assert promises_of(trip)[K.UNLOCK].state == State.OPEN
    street.garage.set_faults(trip.car.vin, Faults(), at=street.clock())
    street.clock.forward(minutes=2)
    watch_trips(street.clock())
    watch_trips(street.clock())
    assert promises_of(trip)[K.UNLOCK].state == State.OPEN
    assert cases_about(trip) == 1
    street.clock.forward(minutes=6)
    ask_car(reservation=trip, action=Action.UNLOCK, now=street.clock())
    street.work()
    assert cases_about(trip) == 1
    broken = promises_of(trip)[K.UNLOCK]
    assert (broken.state, broken.cause, broken.actual, broken.evidence["lost_minutes"]) == ("broken", "car", 720, 12)
    assert remedies_of(trip)[K.UNLOCK] == 500 + Money(trip.quote["rates"]["weekday_hour"] * 12).cents // 60


@pytest.mark.parametrize(("waits", "became_", "gives"), [(4, ("kept", None), {}), (6, ("broken", "car"), {K.UNLOCK: 500})])
def test_five_minutes_count_from_the_asking_also_before_the_start_and_no_minute_is_lost_then(street, people, waits, became_,
                                                                                            gives):
    """Whoever may go in early is promised that it opens; the trip's own time has not begun, so none of it is given back."""
    trip = booked(people.member(), span=SOON)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.clock.at = trip.starts_at - timedelta(minutes=9)
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=street.clock())
    ask_car(reservation=trip, action=Action.UNLOCK, now=street.clock())
    street.work()
    street.garage.set_faults(trip.car.vin, Faults(), at=street.clock())
    street.clock.forward(minutes=waits)
    ask_car(reservation=trip, action=Action.UNLOCK, now=street.clock())
    street.work()
    street.work()
    assert became(trip)[K.UNLOCK] == became_
    assert promises_of(trip)[K.UNLOCK].settled_at < trip.starts_at
    assert remedies_of(trip) == gives


def test_an_unlock_days_before_its_trip_is_not_watched(street, people):
    trip = booked(people.member())
    with transaction():
        db.session.add(CarCommand(id=uuid4(), car_id=trip.car_id, reservation_id=trip.id, action=Action.UNLOCK,
                                  state=CommandState.SILENT, asked_at=NOON))
    watch_trips(trip.starts_at - timedelta(minutes=11))
    assert cases_about(trip) == 0
    watch_trips(trip.starts_at - timedelta(minutes=9))
    assert cases_about(trip) == 1
    assert promises_of(trip)[K.UNLOCK].state == State.OPEN


def test_a_bay_that_somebody_stands_in_is_the_members_word_and_a_silent_box_counts_as_nothing(street, people):
    trip = street.unlocked(booked(people.member(), span=SOON))
    street.clock.at = trip.ends_at
    return_car(reservation=trip, odometer=9_000_000, energy=100, now=street.clock(), bay_taken=True)
    street.work()
    street.clock.forward(days=3)
    street.work()
    assert became(trip)[K.FEATURES] == ("open", None)  # the member may still be asked
    street.clock.forward(days=1)
    street.work()
    assert became(trip)[K.FEATURES] == ("waived", "no_evidence")
    assert became(trip)[K.BAY_FREE] == ("broken", "blocked")
    assert became(trip)[K.CLEAN] == ("waived", "no_evidence")


def test_giving_a_booking_up_waives_its_promises_and_keeps_the_fee_that_was_shown(street, people):
    trip = booked(people.member(), span=SOON)
    street.work()
    fee = cancel(reservation=trip, now=street.clock() + timedelta(hours=1), shown=trip.price)
    street.work()
    found = became(trip)
    assert found[K.CANCEL_FEE] == ("kept", None)
    assert promises_of(trip)[K.CANCEL_FEE].actual == fee.cents
    assert {found[kind] for kind in (K.CAR_THERE, K.PRICE, K.CLEAN)} == {("waived", "cancelled")}
    assert found[K.CONFIRMATION] == ("kept", None)


def test_giving_up_a_car_that_may_not_come_breaks_nothing_before_its_hour(street, people):
    early, waited = booked(people.member()), booked(people.member("Bo Lindqvist"), span=SOON)
    with transaction():
        early.at_risk_since = waited.at_risk_since = NOON
    cancel(reservation=early, now=street.clock())
    street.clock.at = waited.starts_at + timedelta(minutes=11)
    cancel(reservation=waited, now=street.clock())
    street.work()
    assert became(early)[K.CAR_THERE] == ("waived", "out_of_service")
    assert (remedies_of(early), cases_about(early)) == ({}, 0)
    assert became(waited)[K.CAR_THERE] == ("broken", "out_of_service")
    assert remedies_of(waited) == {K.CAR_THERE: 1500}


def test_one_silent_unlock_before_the_start_does_not_break_that_the_car_was_there(street, people):
    trip = booked(people.member(), span=SOON)
    street.garage.set_faults(trip.car.vin, Faults(silent=True), at=NOON)
    street.clock.at = trip.starts_at - timedelta(minutes=8)
    check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=street.clock())
    ask_car(reservation=trip, action=Action.UNLOCK, now=street.clock())
    street.work()
    street.clock.forward(minutes=1)
    street.work()
    cancel(reservation=trip, now=street.clock())
    street.work()
    assert became(trip)[K.CAR_THERE] == ("waived", "car")
    assert (remedies_of(trip), cases_about(trip)) == ({}, 0)


def test_a_letter_that_goes_late_breaks_its_promise(street, people):
    trip = booked(people.member(), span=SOON)
    street.clock.forward(minutes=5)
    street.work()
    late = promises_of(trip)[K.CONFIRMATION]
    assert (late.state, late.cause, late.actual) == ("broken", "mail", 300)


def _live(street: Street, people, acts: list[str]) -> list[int]:
    """A car's day: members book it one after the other, and things happen to them."""
    trips, start = [], 2 + (street.clock() - NOON) // timedelta(hours=1)
    for act in acts:
        trip = booked(people.member(), a_car(), hours(start, start + 2), now=street.clock())
        trips.append(trip.id)
        start += 4
        _ride(street, trip, act)
    street.clock.forward(days=30)
    street.work()
    street.work()
    return trips


def _ride(street: Street, trip: Reservation, act: str) -> None:
    if act == "cancelled":
        cancel(reservation=trip, now=street.clock(), shown=trip.price)
    elif act == "no_show":
        street.clock.at = trip.starts_at + timedelta(hours=1)
    elif act == "shut":
        street.garage.set_faults(trip.car.vin, Faults(silent=True), at=street.clock())
        street.unlocked(trip)
        street.clock.at = trip.starts_at + timedelta(hours=1)
        street.work()
        street.garage.set_faults(trip.car.vin, Faults(), at=street.clock())
    else:
        street.unlocked(trip)
        street.work()
        if act in ("dirty", "clean"):
            looked_inside(street, trip, 1 if act == "dirty" else 5)
        if act == "empty":
            street.fills(trip, 10)
        street.returned(trip, at=trip.ends_at + timedelta(minutes=90 if act == "late" else 0))
    street.work()


ACTS = ("cancelled", "no_show", "shut", "dirty", "clean", "empty", "late", "plain")


@pytest.mark.one_database
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@example(acts=list(ACTS))
@given(acts=st.lists(st.sampled_from(ACTS), min_size=3, max_size=5))
def test_every_promise_of_a_trip_that_is_over_is_settled_once_with_a_cause_where_it_was_not_kept(acts, street, people):
    trips = _live(street, people, acts)
    found = list(db.session.scalars(select(Promise).where(Promise.reservation_id.in_(trips))))
    assert len(found) >= 10 * len(trips)
    assert [(one.kind, one.reservation_id) for one in found if one.state == State.OPEN] == []
    for one in found:
        assert (one.cause is None) == (one.state == State.KEPT)
        assert one.evidence
        assert one.settled_at is not None
        assert one.settled_at >= one.minted_at
        assert (one.cause == Cause.OTHER_MEMBER) == (one.cause_reservation_id not in (None, one.reservation_id))
    over = {status for (status,) in db.session.execute(select(Reservation.status).where(Reservation.id.in_(trips)))}
    assert over <= {Status.RETURNED, Status.CANCELLED, Status.NO_SHOW}
