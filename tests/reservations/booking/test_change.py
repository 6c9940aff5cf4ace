"""A booking that is changed: its old time goes and the new one comes, at the price that was shown, or nothing happens."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from core.database import db
from core.money import Money
from core.outbox import OutboxRow
from core.time import Span
from experience.promises.kinds import Cause, PromiseKind, State
from experience.promises.models import Promise
from experience.record.models import Event
from fleet.calendar.hold import CarTaken
from fleet.calendar.models import Occupancy
from fleet.cars.models import CarState
from fleet.desk.overdue import warn_ahead
from fleet.desk.take_out import take_out
from fleet.desk.touched import what_it_touches
from fleet.service.extend import extend_overdue
from fleet.tariffs.in_force import policies_at, rates_for
from fleet.tariffs.quote import quote
from portal.account.models import Role
from portal.billing.payments.models import Payment
from portal.billing.payments.models import State as Paid
from portal.messages.models import Message
from reservations.booking.billing import bill_of
from reservations.booking.cancel import cancel
from reservations.booking.change.change import change
from reservations.booking.change.errors import ChangeDearerThanShown, NothingToChange, TripHasBegun, TripIsOver
from reservations.booking.change.models import ReservationChange
from reservations.booking.change.possible import SHOWN, other_cars
from reservations.booking.change.proposal import Wish, propose
from reservations.booking.errors import BadSpan
from reservations.booking.models import Reservation, Status
from tests.factories import NOON, a_car, hours
from tests.reservations.made import booked

HOUR = timedelta(hours=1)


def held() -> list[tuple[int, Span]]:
    """What the calendar holds, in order."""
    rows = db.session.scalars(select(Occupancy).order_by(Occupancy.starts_at, Occupancy.id))
    return [(row.car_id, row.span) for row in rows]


def changed(trip: Reservation, start: float, end: float, *, car=None, now=NOON, shown=None, once="form") -> ReservationChange:
    """Change it to these hours after noon."""
    return change(reservation=trip, wish=Wish(car or trip.car, hours(start, end)), shown=shown, once=once, now=now)


def price_of(trip: Reservation, car_class: str | None = None) -> int:
    """Cents of its span by the rates of its booking, counted afresh."""
    rates = rates_for(car_class or trip.car.car_class, trip.member.plan, trip.booked_at)
    return quote(rates, policies_at(trip.booked_at), trip.span, trip.car.lot.zone, trip.waiver).total.cents


@pytest.mark.parametrize(("span", "kind"), [
    ((24, 28), "extend"), ((24, 26), "shorten"), ((30, 33), "move"), ((25, 28), "move")])
def test_other_times_are_held_in_place_of_the_old_ones_at_the_price_of_the_whole(app, people, span, kind):
    trip = booked(people.member())
    before, proposal = trip.price_cents, propose(trip, Wish(trip.car, hours(*span)), NOON)
    made = changed(trip, *span, shown=proposal.difference)
    assert proposal.kind == kind
    assert held() == [(trip.car_id, hours(*span))]
    assert trip.span == hours(*span)
    assert trip.price_cents == price_of(trip) == sum(line["amount_cents"] for line in trip.quote["lines"])
    assert made.difference_cents == trip.price_cents - before == proposal.difference.cents
    assert (made.before, made.after, made.actor, made.why) == (hours(24, 27), hours(*span), "system", "wish")


def test_another_car_costs_what_its_class_cost_when_it_was_booked(app, people):
    trip = booked(people.member(), a_car(car_class="economy"))
    other = a_car(car_class="suv")
    made = changed(trip, 24, 27, car=other)
    assert (trip.car_id, trip.lot_id, trip.car.name) == (other.id, other.lot_id, other.name)
    assert held() == [(other.id, hours(24, 27))]
    assert trip.price_cents == price_of(trip, "suv")
    assert made.difference_cents > 0
    assert db.session.scalar(select(Event.facts).where(Event.step == "book.change"))["change"] == "swap"


def test_nothing_is_lost_when_somebody_has_the_new_time(app, people):
    ada, bo = people.member(), people.member("Bo Lind")
    trip, after = booked(ada), booked(bo, span=hours(28, 30))
    price = trip.price_cents
    with pytest.raises(CarTaken):
        changed(trip, 24, 28.25)
    db.session.refresh(trip)
    assert (trip.span, trip.price_cents) == (hours(24, 27), price)
    assert held() == [(trip.car_id, hours(24, 27)), (after.car_id, hours(28, 30))]
    assert db.session.scalar(select(func.count()).select_from(ReservationChange)) == 0
    assert changed(trip, 24, 28).after == hours(24, 28)  # up to the next one it can be had


def test_two_who_want_each_others_cars_both_keep_theirs(app, people):
    first = booked(people.member(), a_car(name="Acorn"))
    second = booked(people.member("Bo Lind"), a_car(name="Basil"))
    for trip, car in ((first, second.car), (second, first.car)):
        with pytest.raises(CarTaken):
            changed(trip, 24, 27, car=car)
    assert [car_id for car_id, _ in held()] == [first.car_id, second.car_id]


def test_one_form_changes_it_once(app, people):
    trip = booked(people.member())
    made = changed(trip, 24, 28, once="one")
    assert changed(trip, 24, 28, once="one").id == made.id
    assert changed(trip, 24, 29, once="one").id == made.id
    assert trip.span == hours(24, 28)
    assert db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "booking_changed")) == 1


def test_a_difference_that_has_grown_since_it_was_shown_is_not_charged(app, people):
    trip = booked(people.member())
    with pytest.raises(ChangeDearerThanShown):
        changed(trip, 24, 28, shown=Money(1))
    assert trip.span == hours(24, 27)
    assert db.session.scalars(select(Event.error_code).where(Event.phase == "refused")).all() == ["change_dearer_than_shown"]
    asked = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "ask")).one()
    assert asked.facts["solicitation"] == "change_ease"


@pytest.mark.one_database
@pytest.mark.parametrize(("start", "end", "refusal"), [
    (24, 27, NothingToChange),
    (-2, 2, BadSpan),                # begins in the past
    (24, 24.25, BadSpan),            # too short
    (24, 24 + 15 * 24, BadSpan),     # longer than two weeks
    (200 * 24, 200 * 24 + 3, BadSpan),  # too far ahead
    (24, 27.1, BadSpan),             # no quarter-hour
])
def test_a_change_keeps_to_the_limits_of_a_booking(app, people, start, end, refusal):
    trip = booked(people.member())
    with pytest.raises(refusal):
        changed(trip, start, end)
    assert trip.span == hours(24, 27)


@pytest.mark.one_database
def test_a_booking_that_is_over_cannot_be_changed(app, people, clock):
    trip = booked(people.member())
    cancel(reservation=trip, now=NOON)
    with pytest.raises(TripIsOver):
        changed(trip, 24, 28)
    passed = booked(people.member("Bo Lind"))
    with pytest.raises(TripIsOver):
        changed(passed, 24, 30, now=NOON + 27 * HOUR)


@pytest.mark.one_database
def test_while_driving_only_the_end_can_change_and_never_into_the_past(street, people):
    trip = street.unlocked(booked(people.member(), span=hours(1, 4)))
    street.clock.at = NOON + 2 * HOUR
    for span, car in ((hours(1.5, 4), trip.car), (hours(1, 4), a_car(car_class="suv"))):
        with pytest.raises(TripHasBegun):
            change(reservation=trip, wish=Wish(car, span), shown=None, once="no", now=street.clock())
    with pytest.raises(BadSpan):
        changed(trip, 1, 2, now=street.clock())
    made = changed(trip, 1, 6, now=street.clock())
    assert trip.span == hours(1, 6)
    assert trip.status == Status.DRIVING
    assert db.session.scalars(select(Event.step).where(Event.phase == "succeeded", Event.step == "drive.extend")).all()
    street.returned(trip)
    quoted = [line.amount.cents for line in bill_of(trip) if line.origin == "quote"]
    assert sum(quoted) == trip.price_cents == made.after_price_cents
    price = db.session.scalars(select(Promise).where(Promise.kind == PromiseKind.PRICE, Promise.state != State.WAIVED)).one()
    assert (price.state, price.expected, price.actual) == (State.KEPT, trip.price_cents, trip.price_cents)


def test_what_no_longer_holds_is_waived_and_what_holds_now_is_promised(app, people):
    trip = booked(people.member())
    changed(trip, 24, 28)
    promised = {(one.kind, one.state): one for one in db.session.scalars(select(Promise))}
    replaced = {kind for kind, state in promised if state == State.WAIVED}
    assert replaced == {"features", "bay_free", "receipt", "price", "charged_once"}
    assert {one.cause for one in promised.values() if one.state == State.WAIVED} == {Cause.CHANGED}
    assert promised["price", "open"].expected == trip.price_cents
    assert promised["bay_free", "open"].due_at == trip.ends_at
    changed(trip, 30, 34, once="again")
    there = db.session.scalars(select(Promise).where(Promise.kind == "car_there")).all()
    assert sorted((one.state, one.due_at) for one in there) == [("open", trip.starts_at), ("waived", NOON + 24 * HOUR)]


def test_the_clocks_ring_at_the_new_times_only(street, people):
    trip = booked(people.member())
    street.work()
    changed(trip, 30, 33)
    street.work()
    mails = select(Message.kind).order_by(Message.at, Message.id)
    assert db.session.scalars(mails).all() == ["booking_confirmed", "booking_changed"]
    street.clock.at = NOON + 25.5 * HOUR  # the old start and its hour are over
    street.work()
    db.session.refresh(trip)
    assert trip.status == Status.BOOKED
    assert "trip_reminder" not in db.session.scalars(mails).all()
    street.clock.at = NOON + 29 * HOUR
    street.work()
    assert db.session.scalars(mails).all()[-1] == "trip_reminder"
    street.clock.at = NOON + 31 * HOUR
    street.work()
    db.session.refresh(trip)
    assert trip.status == Status.NO_SHOW


def test_the_new_price_is_held_and_the_old_hold_let_go(street, people):
    trip = booked(people.member())
    street.work()
    changed(trip, 24, 28)
    street.work()
    holds = db.session.scalars(select(Payment).order_by(Payment.asked_at, Payment.id)).all()
    assert [(one.state, one.amount_cents) for one in holds] == [
        (Paid.RELEASED, holds[0].amount_cents), (Paid.HELD, trip.price_cents)]
    changed(trip, 24 + 240, 28 + 240, once="later")  # so far ahead that nothing is to be held yet
    street.work()
    assert set(db.session.scalars(select(Payment.state))) == {Paid.RELEASED}


def test_a_booking_at_risk_is_safe_with_another_car(app, people):
    trip = booked(people.member(), a_car(name="Acorn"))
    until = NOON + 48 * HOUR
    take_out(car=trip.car, state=CarState.MAINTENANCE, why="brakes", until=until, by_user_id=people.staff(Role.FLEET).id,
             now=NOON, seen=what_it_touches(trip.car, until, NOON).digest)
    db.session.refresh(trip)
    assert trip.at_risk_since is not None
    changed(trip, 24, 26)  # shorter, and still at risk
    assert trip.at_risk_since is not None
    changed(trip, 24, 26, car=a_car(name="Basil"), once="swap")
    assert trip.at_risk_since is None


def test_a_booking_that_an_overdue_block_still_reaches_stays_at_risk(street, people):
    trip = booked(people.member(), a_car(name="Acorn"), span=hours(6, 9))
    until = NOON + 2 * HOUR
    take_out(car=trip.car, state=CarState.MAINTENANCE, why="brakes", until=until, by_user_id=people.staff(Role.FLEET).id,
             now=NOON, seen=what_it_touches(trip.car, until, NOON).digest)
    street.clock.at = NOON + 3 * HOUR
    extend_overdue(street.clock())
    warn_ahead(street.clock())
    db.session.refresh(trip)
    assert trip.at_risk_since is not None
    changed(trip, 6, 8, now=street.clock())  # shorter, within what the block holds ahead
    assert trip.at_risk_since is not None
    changed(trip, 6 + 48, 8 + 48, now=street.clock(), once="far")
    assert trip.at_risk_since is None


def test_a_trip_moved_far_ahead_at_the_same_price_is_held_on_no_card(street, people):
    trip = booked(people.member())
    street.work()
    assert changed(trip, 24 + 168, 27 + 168).difference_cents == 0
    street.work()
    assert db.session.scalars(select(Payment.state)).all() == [Paid.RELEASED]


def test_a_trip_that_moves_away_and_back_is_reminded_of_once_and_still_watched(street, people):
    trip = booked(people.member())
    changed(trip, 30, 33, once="away")
    changed(trip, 24, 27, once="back")
    for hour in (23, 24):
        street.clock.at = NOON + hour * HOUR
        street.work()
    sent = select(func.count()).select_from(Message).where(Message.kind == "trip_reminder")
    assert db.session.scalar(sent) == 1
    street.clock.at = NOON + 25 * HOUR
    street.work()
    db.session.refresh(trip)
    assert trip.status == Status.NO_SHOW


def test_a_trip_that_comes_back_to_its_start_at_the_last_moment_is_released_when_nobody_comes(street, people):
    trip = booked(people.member())
    for hour, span in ((23.5, (30, 33)), (24.2, (24, 27))):  # its reminder is sent; then its start has just passed
        street.clock.at = NOON + hour * HOUR
        street.work()
        changed(trip, *span, now=street.clock(), once=f"at-{hour}")
    street.clock.at = NOON + 25 * HOUR
    street.work()
    db.session.refresh(trip)
    assert (trip.span, trip.status) == (hours(24, 27), Status.NO_SHOW)


@pytest.mark.one_database
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.booleans()), min_size=1, max_size=6))
def test_whatever_is_wished_one_span_is_held_and_the_price_is_the_sum_of_its_lines(app, people, wishes):
    for before in db.session.scalars(select(Reservation).where(Reservation.status == Status.BOOKED)).all():
        cancel(reservation=before, now=NOON)  # of the example before
    ada = people.member()
    trip = booked(ada, a_car(name="Acorn"), span=hours(30, 33), once=f"form-{ada.id}")
    others = {a_car(name="Acorn").id: a_car(name="Basil"), a_car(name="Basil").id: a_car(name="Acorn")}
    paid, spans = trip.price_cents, [trip.span]
    for number, (start, quarters, swap) in enumerate(wishes):
        span = hours(24 + start / 4, 24 + start / 4 + quarters / 4)
        try:
            made = change(reservation=trip, wish=Wish(others[trip.car_id] if swap else trip.car, span), shown=None,
                          once=f"{ada.id}-{number}", now=NOON + 22 * HOUR)
        except (BadSpan, NothingToChange):
            made = None
            db.session.rollback()
        paid += made.difference_cents if made else 0
        spans.append(trip.span)
        mine = db.session.scalars(select(Occupancy).where(Occupancy.id == trip.occupancy_id)).one()
        ends_at = mine.turnaround_from or mine.ends_at
        assert (mine.car_id, mine.starts_at, ends_at) == (trip.car_id, trip.starts_at, trip.ends_at)
        assert trip.price_cents == paid == sum(line["amount_cents"] for line in trip.quote["lines"]) >= 0
    assert db.session.scalar(select(func.count()).select_from(Occupancy)) == 1


@pytest.mark.one_database
def test_no_more_cars_are_asked_about_than_are_shown(app, people):
    trip, late = booked(people.member(), a_car(name="Acorn"), hours(0.5, 2)), []

    def listen(_connection, _cursor, statement, *_rest) -> None:
        late.append("trips.car_id IN" in statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        cars = other_cars(trip, trip.span, NOON)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert len(cars) == SHOWN
    assert sum(late) == 1 + SHOWN  # one for all of them together, and one for each
