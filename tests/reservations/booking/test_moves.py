"""Moves by us: another car is held and offered, and the booking changes only when its member agrees."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread, local

import pytest
from sqlalchemy import event, func, select, update

from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import Span
from experience.promises.models import Promise
from experience.record.models import Event
from fleet.calendar.hold import CarTaken, free_gaps, hold
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import Car, CarClass, CarState
from fleet.desk import overdue
from fleet.desk.bring_back import bring_back
from fleet.desk.overdue import warn_ahead
from fleet.desk.take_out import take_out
from fleet.desk.touched import what_it_touches
from fleet.tariffs.models import Tariff
from portal.account.models import Role
from portal.messages.models import Message
from portal.web import say
from portal.worker import do_due
from reservations.booking.cancel import cancel
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.answer import MoveIsOver, agree, decline_move
from reservations.booking.moves.end import open_move_of
from reservations.booking.moves.models import Move
from reservations.booking.moves.offer import offer_move
from reservations.booking.moves.propose import choices_for, offer_best
from tests.factories import NOON, a_car, hours
from tests.fleet.made import all_heard, heard
from tests.reservations.made import TOMORROW, booked, steps
from tests.reservations.pages import browser_of, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def trip(ada) -> Reservation:
    """A booking at risk."""
    trip = booked(ada, a_car(car_class=CarClass.COMPACT))
    with transaction():
        trip.at_risk_since = NOON
    return trip


def other_car(trip: Reservation, car_class: CarClass) -> Car:
    return db.session.scalars(select(Car).where(Car.car_class == car_class, Car.id != trip.car_id).order_by(Car.name)).first()


def offered(trip: Reservation, car_class: CarClass = CarClass.COMPACT, now=NOON) -> Move:
    move = offer_move(reservation=trip, car=other_car(trip, car_class), by_user_id=None, now=now)
    assert move is not None
    return move


def posted(kind: str) -> list[int]:
    return sorted(db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == kind)))


def is_free(car_id: int, span: Span = TOMORROW) -> bool:
    return free_gaps(car_id, span) == [span]


def test_an_offered_car_is_held_and_its_member_asked_once(trip, ada):
    move = offered(trip)
    assert db.session.get(Occupancy, move.occupancy_id).kind == Kind.OFFER
    assert (move.state, move.lapses_at, trip.car_id == move.car_id) == ("open", hours(24, 25).start, False)
    with pytest.raises(CarTaken):
        hold(move.car_id, TOMORROW)
    assert offer_move(reservation=trip, car=other_car(trip, CarClass.SUV), by_user_id=None, now=NOON) is None
    assert posted("move_offered") == [ada.id]


def test_a_car_that_somebody_has_just_taken_is_not_offered(trip):
    car = other_car(trip, CarClass.COMPACT)
    hold(car.id, TOMORROW)
    assert offer_move(reservation=trip, car=car, by_user_id=None, now=NOON) is None
    assert (open_move_of(trip), posted("move_offered")) == (None, [])


@pytest.mark.parametrize("car_class", [CarClass.ECONOMY, CarClass.COMPACT, CarClass.PREMIUM])
def test_whoever_agrees_has_the_other_car_at_the_lower_of_the_two_prices(trip, car_class):
    move, before, old_car, span = offered(trip, car_class), trip.price_cents, trip.car_id, trip.span
    dear = booked(trip.member, other_car(trip, car_class), hours(48, 51)).price_cents  # the same hours, a day later
    agree(reservation=trip, move=move, now=NOON)
    agree(reservation=trip, move=move, now=NOON)
    made = db.session.scalars(select(ReservationChange)).one()
    assert (trip.car_id, trip.span, trip.at_risk_since, move.state) == (move.car_id, span, None, "agreed")
    assert (trip.price_cents, made.why, made.id) == (min(before, dear), "moved_by_us", move.change_id)
    assert (is_free(old_car), is_free(trip.car_id)) == (True, False)
    assert trip.quote["total_cents"] == trip.price_cents == sum(line["amount_cents"] for line in trip.quote["lines"])
    assert db.session.scalar(select(func.count()).select_from(Occupancy).where(Occupancy.kind == Kind.OFFER)) == 0


def test_a_car_of_a_class_that_had_no_price_yet_is_had_at_the_price_as_booked(site, clock, trip, ada):
    move, booked_quote = offered(trip, CarClass.PREMIUM), trip.quote
    with transaction():
        db.session.execute(update(Tariff).where(Tariff.car_class == "premium").values(effective_from=hours(1, 2).start))
    browser, address = browser_of(site, ada.user, clock), f"/trips/{trip.reference}/move"
    assert say.money(trip.price) in words_of(browser.get(address))
    assert browser.fill_in(address, agree="1").status_code == 302
    db.session.refresh(trip)
    assert (trip.car_id, trip.quote) == (move.car_id, booked_quote)


def test_the_promises_of_the_first_car_are_waived_and_those_of_the_other_made(trip):
    agree(reservation=trip, move=offered(trip), now=NOON)
    states = db.session.execute(select(Promise.state, Promise.cause).where(
        Promise.reservation_id == trip.id, Promise.kind == "car_there").order_by(Promise.minted_at, Promise.id)).all()
    assert sorted(states) == [("open", None), ("waived", "changed")]


def test_declining_costs_nothing_and_lets_the_other_car_go(trip):
    move = offered(trip)
    assert [decline_move(reservation=trip, move=move, now=NOON) for _twice in range(2)] == [None, None]  # no other is heard of
    assert steps()[-1] == ("book.change", "succeeded", None)
    assert (trip.status, trip.at_risk_since, move.state, is_free(move.car_id)) == (Status.BOOKED, NOON, "declined", True)
    with pytest.raises(MoveIsOver):
        agree(reservation=trip, move=move, now=NOON)
    assert cancel(reservation=trip, now=trip.starts_at).cents == 0


def test_whoever_declines_is_offered_the_next_best_until_there_is_none(trip, ada):
    all_heard()
    near = [each.car.id for each in choices_for([trip], NOON)[trip.id][:2]]
    for car in db.session.scalars(select(Car).where(Car.id.not_in([*near, trip.car_id]))):
        heard(car, online=False)
    with transaction():
        move = offer_best(trip, choices_for([trip], NOON)[trip.id], None, NOON)
    another = decline_move(reservation=trip, move=move, now=NOON)
    again = decline_move(reservation=trip, move=move, now=NOON)
    assert ([move.car_id, another.car_id], again.id, open_move_of(trip).id) == (near, another.id, another.id)
    assert (is_free(near[0]), is_free(near[1]), posted("move_offered")) == (True, False, [ada.id, ada.id])
    assert decline_move(reservation=trip, move=another, now=NOON) is None
    assert (open_move_of(trip), is_free(near[1]), trip.at_risk_since) == (None, True, NOON)
    declined = db.session.scalars(select(Event.facts).where(Event.step == "book.change", Event.phase == "succeeded")).all()
    assert sorted((each["change"], each["car_id"]) for each in declined) == sorted(("decline", car_id) for car_id in near)


def test_unanswered_it_lapses_and_the_booking_stays_at_risk(app, clock, trip):
    move = offered(trip)
    clock.at = move.lapses_at
    with pytest.raises(MoveIsOver):
        agree(reservation=trip, move=move, now=clock())
    do_due(app)
    db.session.expire_all()
    assert (move.state, trip.status, trip.at_risk_since, is_free(move.car_id)) == ("lapsed", Status.BOOKED, NOON, True)


def test_a_booking_that_is_cancelled_needs_no_move(trip):
    move = offered(trip)
    cancel(reservation=trip, now=NOON)
    assert (move.state, is_free(move.car_id)) == ("withdrawn", True)


def test_a_move_that_fails_midway_leaves_everything_as_it_was(trip):
    move, car_id = offered(trip), trip.car_id

    def breaks_down() -> None:
        with transaction():
            agree(reservation=trip, move=move, now=NOON)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        breaks_down()
    db.session.expire_all()
    assert (trip.car_id, move.state, is_free(move.car_id), is_free(car_id)) == (car_id, "open", False, False)


UNTIL = hours(30, 31).start


def out(car: Car, people, until=UNTIL):
    all_heard()
    staff = people.staff(Role.FLEET)
    return staff, take_out(car=car, state=CarState.MAINTENANCE, why="brakes squeal", until=until,
                           seen=what_it_touches(car, until, NOON).digest, by_user_id=staff.id, now=NOON)


def test_taking_a_car_out_offers_another_one_and_putting_it_back_withdraws_it(people, ada):
    trip = booked(ada)
    staff, block = out(trip.car, people)
    move = open_move_of(trip)
    assert (block is not None, move is not None and move.by_user_id, trip.at_risk_since) == (True, staff.id, NOON)
    bring_back(car=trip.car, by_user_id=staff.id, why="mended", now=NOON)
    assert (move.state, trip.at_risk_since, is_free(move.car_id)) == ("withdrawn", None, True)


def test_taking_out_a_car_that_is_held_for_a_move_offers_the_next_one(people, ada):
    trip = booked(ada)
    out(trip.car, people)
    first = open_move_of(trip)
    assert what_it_touches(first.car, trip.starts_at, NOON).held_for == ()
    assert [each.id for each in what_it_touches(first.car, UNTIL, NOON).held_for] == [trip.id]
    _staff, block = out(first.car, people)
    second = open_move_of(trip)
    assert (first.state, second.car_id != first.car_id) == ("withdrawn", True)
    assert free_gaps(first.car_id, Span(NOON, UNTIL)) == []
    assert {row.block_id for row in db.session.scalars(select(Occupancy).where(Occupancy.car_id == first.car_id))} == {block.id}
    agree(reservation=trip, move=second, now=NOON)
    assert trip.car_id == second.car_id


def test_when_the_car_of_a_move_is_taken_out_and_no_other_is_left_the_members_are_told(app, clock, people, ada):
    trip = booked(ada)
    out(trip.car, people)
    move, staff = open_move_of(trip), people.staff(Role.FLEET)
    all_heard(online=False)
    take_out(car=move.car, state=CarState.MAINTENANCE, why="brakes squeal", until=UNTIL,
             seen=what_it_touches(move.car, UNTIL, NOON).digest, by_user_id=staff.id, now=NOON)
    assert (open_move_of(trip), posted("trip_at_risk")) == (None, [ada.id, ada.id])


def test_a_block_that_goes_on_past_its_time_lets_go_of_what_it_was_to_offer(people, ada):
    trip = booked(ada, span=hours(31, 33))
    first = offered(trip)
    out(first.car, people)
    assert first.state == "open"
    warn_ahead(UNTIL)
    assert (first.state, open_move_of(trip).car_id != first.car_id) == ("withdrawn", True)


def test_a_booking_that_comes_while_others_are_looked_for_is_warned_the_next_time(people, ada, monkeypatch):
    trip = booked(ada, span=hours(31, 32))
    out(trip.car, people)
    later = []

    def found_slowly(bookings, now):
        if not later:
            later.append(booked(ada, trip.car, hours(32, 33)))
        return choices_for(bookings, now)

    monkeypatch.setattr(overdue, "choices_for", found_slowly)
    assert (warn_ahead(UNTIL), later[0].at_risk_since, open_move_of(later[0])) == (1, None, None)
    assert warn_ahead(UNTIL) == 1
    assert open_move_of(later[0]) is not None


def test_two_who_each_take_out_the_car_that_the_other_would_offer_both_end(app, people):
    pair = db.session.scalars(select(Car).where(Car.car_class == CarClass.COMPACT).order_by(Car.id).limit(2)).all()
    trips = [booked(people.member(), car) for car in pair]
    all_heard(online=False)
    for car in pair:
        with transaction():
            car.lat, car.lng = pair[0].lat, pair[0].lng
        heard(car)
    free = hours(28, 29).start
    staff, both_hold, done = people.staff(Role.FLEET), Barrier(2, timeout=1), []
    seen = {car.id: what_it_touches(car, free, NOON).digest for car in pair}
    plan, here = [(car.id, staff.id) for car in pair], local()

    def meet(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO occupancies") and not hasattr(here, "met"):
            here.met = True
            with suppress(BrokenBarrierError):  # the other waits for its turn, as it should
                both_hold.wait()

    def take(car_id, by):
        with app.app_context():
            block = take_out(car=db.session.get_one(Car, car_id), state=CarState.MAINTENANCE, why="brakes squeal", until=free,
                             seen=seen[car_id], by_user_id=by, now=NOON)
            done.append(block is not None)

    event.listen(db.engine, "after_cursor_execute", meet)
    try:
        threads = [Thread(target=take, args=each) for each in plan]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        event.remove(db.engine, "after_cursor_execute", meet)
    db.session.rollback()
    assert len(done) == 2  # nobody was thrown out
    assert any(done)  # whoever came second may look once more
    assert all(open_move_of(trip) is None or open_move_of(trip).car.state == CarState.AVAILABLE for trip in trips)


def test_what_a_moved_booking_gives_back_is_the_blocks(people, ada):
    trip = booked(ada)
    _staff, block = out(trip.car, people)
    old_car = trip.car_id
    agree(reservation=trip, move=open_move_of(trip), now=NOON)
    assert free_gaps(old_car, TOMORROW) == []
    assert {row.block_id for row in db.session.scalars(select(Occupancy).where(Occupancy.car_id == old_car))} == {block.id}


def test_the_one_letter_that_offers_another_car_says_all(app, clock, people, ada):
    trip = booked(ada)
    out(trip.car, people)
    do_due(app)
    assert set(db.session.scalars(select(Message.kind).where(Message.member_id == ada.id))) == {
        "booking_confirmed", "move_offered"}


def test_a_block_that_goes_on_past_its_time_offers_other_cars_too(people, ada):
    trip = booked(ada, span=hours(31, 33))
    out(trip.car, people)
    assert open_move_of(trip) is None
    warn_ahead(hours(30, 31).start)
    move = open_move_of(trip)
    assert (move.by_user_id, move.lapses_at) == (None, trip.starts_at)


def test_on_its_page_the_member_sees_both_cars_and_answers(site, people, clock, trip, ada):
    move = offered(trip)
    browser, other = browser_of(site, ada.user, clock), browser_of(site, people.member("Bob").user, clock)
    address = f"/trips/{trip.reference}/move"
    assert other.get(address).status_code == other.post(address, agree="1").status_code == 404
    assert "We hold" in words_of(browser.get(f"/trips/{trip.reference}"))
    words = words_of(browser.get(address))
    assert all(said in words for said in (trip.car.name, move.car.name, "lower of the two prices"))
    assert browser.fill_in(address, agree="1").status_code == 302
    db.session.refresh(trip)
    assert trip.car_id == move.car_id
    assert "There is no other car to decide about." in browser.client.get(address, follow_redirects=True).text


def test_on_its_page_the_member_declines(site, clock, trip, ada):
    move = offered(trip)
    browser, address = browser_of(site, ada.user, clock), f"/trips/{trip.reference}/move"
    answer = browser.fill_in(address, decline="1")
    db.session.refresh(move)
    assert (answer.location, move.state, is_free(move.car_id)) == (f"/trips/{trip.reference}", "declined", True)
    assert "No other car nearby that is equal or better is free then." in browser.get(answer.location).text
    all_heard()
    second = offered(trip)
    answer = browser.fill_in(address, decline="1")
    assert (answer.location, open_move_of(trip).car_id != second.car_id) == (address, True)
    assert "This is the next best car that is free." in browser.get(address).text


def test_putting_a_car_back_locks_all_cars_that_were_offered_in_the_order_of_their_ids(people):
    all_heard()
    car = db.session.scalars(select(Car).where(Car.car_class == CarClass.ECONOMY).order_by(Car.id.desc())).first()
    for start in (24, 28):
        booked(people.member(), car, hours(start, start + 3))
    staff = people.staff(Role.FLEET)
    take_out(car=car, state=CarState.MAINTENANCE, why="brakes squeal", until=UNTIL + timedelta(hours=9),
             seen=what_it_touches(car, UNTIL + timedelta(hours=9), NOON).digest, by_user_id=staff.id, now=NOON)
    offered_cars, locked = list(db.session.scalars(select(Move.car_id).order_by(Move.id))), []
    with listening(locked):
        bring_back(car=car, by_user_id=staff.id, why="mended", now=NOON)
    assert (len(offered_cars), min(offered_cars) < car.id) == (2, True)
    assert list(dict.fromkeys(locked)) == sorted({car.id, *offered_cars})


@contextmanager
def listening(locked: list[int]) -> Iterator[None]:
    """Note each car that is locked."""
    def note(_connection, _cursor, statement, parameters, *_rest):
        if " ".join(statement.split()).startswith("SELECT cars.id FROM cars WHERE cars.id ="):
            locked.extend(parameters.values() if isinstance(parameters, dict) else parameters)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("deed", ["cancel", "agree"])
def test_whoever_lets_go_of_two_cars_locks_them_in_the_order_of_their_ids(ada, deed):
    own, other = db.session.scalars(select(Car).order_by(Car.id).limit(1)).one(), db.session.scalars(
        select(Car).order_by(Car.id.desc()).limit(1)).one()
    trip, locked = booked(ada, own), []
    move = offer_move(reservation=trip, car=other, by_user_id=None, now=NOON)
    with listening(locked):
        if deed == "cancel":
            cancel(reservation=trip, now=NOON)
        else:
            agree(reservation=trip, move=move, now=NOON)
    assert list(dict.fromkeys(locked)) == [own.id, other.id]
