"""Waiting for a car: first come, first served, told at once, held for a quarter of an hour, and it goes on by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import Span
from experience.promises.models import Promise
from fleet.calendar.hold import CarTaken
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import CarState
from fleet.service.block import take_out_of_service
from fleet.service.put_back import put_back
from portal.account.models import MemberStatus, Role
from portal.messages.models import Message
from reservations.booking.cancel import cancel
from reservations.booking.errors import BadSpan, MayNotDrive
from reservations.booking.models import Reservation, Status, Waiver
from reservations.waitlist.answer import accept_offer, decline_offer
from reservations.waitlist.errors import OfferLapsed, TooManyWaits
from reservations.waitlist.join import Wish, join_waitlist
from reservations.waitlist.leave import leave_waitlist
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from reservations.waitlist.queries import open_offer_of, place_in_line, waits_of
from tests.factories import a_car, hours
from tests.reservations.made import TOMORROW, booked, steps


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def bo(people):
    return people.member("Bo Lindqvist")


def waiting(member, clock, span=TOMORROW, car=None, **around):
    """A place in the line for the first car, joined now, or for any around a place."""
    wish = Wish(span, **around) if around else Wish(span, car or a_car())
    return join_waitlist(member=member, wish=wish, once=f"wait-{member.id}-{span.start}-{clock()}", now=clock())


def offers() -> list[tuple[str, str, str]]:
    """Every offer: to whom, which car, and how it stands; in the order in which they were made."""
    db.session.rollback()
    return [(offer.wait.member.first_name, offer.car.name, str(offer.state))
            for offer in db.session.scalars(select(WaitOffer).order_by(WaitOffer.id))]


def occupancies(car=None) -> list[tuple[str, Span]]:
    """What the calendar has of a car."""
    db.session.rollback()
    return [(row.kind, row.span) for row in db.session.scalars(
        select(Occupancy).where(Occupancy.car_id == (car or a_car()).id).order_by(Occupancy.starts_at))]


def letters(member, kind) -> list[str]:
    return list(db.session.scalars(select(Message.subject).where(Message.member_id == member.id, Message.kind == kind)))


def test_when_time_is_given_back_the_first_who_fits_is_offered_it_and_it_is_held_for_them(street, clock, ada, bo, people):
    theirs = booked(people.member("Cy Park"))
    first, second = waiting(ada, clock), waiting(bo, clock)
    street.work()
    assert offers() == []
    assert (place_in_line(first), place_in_line(second)) == (1, 2)
    clock.forward(hours=1)
    cancel(reservation=theirs, now=clock())
    street.work()
    assert offers() == [("Ada", a_car().name, "open")]
    assert occupancies() == [(Kind.OFFER, TOMORROW)]
    assert letters(ada, "wait_offer")
    assert not letters(bo, "wait_offer")
    with pytest.raises(CarTaken):
        booked(bo, now=clock())


def test_who_hears_of_it_within_a_minute_was_promised_so(street, clock, ada, people):
    theirs = booked(people.member())
    wait = waiting(ada, clock)
    told = select(Promise).where(Promise.subject == f"wait:{wait.id}")
    street.work()
    assert db.session.scalars(told).one().state == "open"
    clock.forward(hours=1)
    cancel(reservation=theirs, now=clock())
    clock.forward(seconds=20)
    street.work()
    db.session.expire_all()
    promise = db.session.scalars(told).one()
    assert (promise.state, promise.actual) == ("kept", 20)
    assert ("book.waitlist", "succeeded", None) in steps()


def test_a_worker_that_was_dead_for_an_hour_goes_on_with_the_offers_and_breaks_the_promise(street, clock, ada, people):
    theirs = booked(people.member())
    wait = waiting(ada, clock)
    street.work()
    cancel(reservation=theirs, now=clock())
    clock.forward(hours=1)
    street.work()
    assert offers() == [("Ada", a_car().name, "open")]
    promise = db.session.scalars(select(Promise).where(Promise.subject == f"wait:{wait.id}")).one()
    assert (promise.state, promise.cause, promise.actual) == ("broken", "mail", 3600)


def test_what_is_offered_is_booked_at_the_price_of_the_offer_without_a_moment_in_which_it_is_free(street, clock, ada, people):
    theirs = booked(people.member())
    wait = waiting(ada, clock)
    cancel(reservation=theirs, now=clock())
    street.work()
    offer = open_offer_of(wait)
    held = offer.occupancy_id
    clock.forward(minutes=14)
    trip = accept_offer(offer=offer, waiver=Waiver.PLUS, now=clock())
    again = accept_offer(offer=offer, waiver=Waiver.PLUS, now=clock())
    assert (trip.id, trip.occupancy_id, trip.status, trip.waiver) == (again.id, held, Status.BOOKED, "plus")
    assert trip.price_cents > offer.price_cents
    assert occupancies() == [(Kind.TRIP, TOMORROW)]
    assert (wait.state, wait.reservation_id) == (WaitState.BOOKED, trip.id)
    clock.forward(minutes=2)
    street.work()
    assert offers() == [("Ada", a_car().name, "accepted")]
    assert db.session.get_one(Reservation, trip.id).status == Status.BOOKED


def test_an_offer_without_an_answer_goes_on_to_the_next_after_a_quarter_of_an_hour(street, clock, ada, bo, people):
    theirs = booked(people.member())
    first, second = waiting(ada, clock), waiting(bo, clock)
    cancel(reservation=theirs, now=clock())
    street.work()
    late = open_offer_of(first)
    clock.forward(minutes=15)
    with pytest.raises(OfferLapsed):
        accept_offer(offer=late, waiver=Waiver.INCLUDED, now=clock())
    street.work()
    assert offers() == [("Ada", a_car().name, "lapsed"), ("Bo", a_car().name, "open")]
    assert letters(ada, "wait_lapsed")
    assert letters(bo, "wait_offer")
    db.session.expire_all()
    assert (first.state, second.state) == (WaitState.PASSED, WaitState.WAITING)
    assert ("book.waitlist", "refused", "wait_offer_lapsed") in steps()


def test_a_declined_offer_goes_on_at_once(street, clock, ada, bo, people):
    theirs = booked(people.member())
    first, second = waiting(ada, clock), waiting(bo, clock)
    cancel(reservation=theirs, now=clock())
    street.work()
    decline_offer(offer=open_offer_of(first), now=clock())
    street.work()
    assert open_offer_of(second) is not None
    decline_offer(offer=open_offer_of(second), now=clock())
    street.work()
    assert occupancies() == []
    assert waits_of(ada.id) == waits_of(bo.id) == []


def test_whoever_leaves_the_line_lets_what_was_held_go_on(street, clock, ada, bo, people):
    theirs = booked(people.member())
    first, second = waiting(ada, clock), waiting(bo, clock)
    cancel(reservation=theirs, now=clock())
    street.work()
    leave_waitlist(wait=first, now=clock())
    leave_waitlist(wait=first, now=clock())
    street.work()
    assert open_offer_of(second) is not None
    assert (first.state, waits_of(ada.id)) == (WaitState.LEFT, [])


def test_a_wait_ends_by_itself_when_its_time_has_come_and_its_member_is_told(street, clock, ada, people):
    booked(people.member())
    wait = waiting(ada, clock)
    clock.at = TOMORROW.start
    street.work()
    db.session.expire_all()
    assert wait.state == WaitState.OVER
    assert letters(ada, "wait_ended")
    promise = db.session.scalars(select(Promise).where(Promise.subject == f"wait:{wait.id}")).one()
    assert (promise.state, promise.cause) == ("waived", "not_needed")


def test_any_car_of_a_class_around_a_place_will_do_and_after_one_that_was_declined_another(street, clock, ada, people):
    other = people.member()
    vans = [a_car(car_class="van")]
    here = {"lat": vans[0].lat, "lng": vans[0].lng, "within_m": 50, "car_class": "van"}
    theirs = booked(other, vans[0])
    wait = waiting(ada, clock, **here)
    beyond = waiting(people.member("Far Away"), clock, lat=vans[0].lat + 0.2, lng=vans[0].lng, within_m=500, car_class="van")
    unlike = waiting(people.member("Una Like"), clock, **here | {"car_class": "premium"})
    cancel(reservation=theirs, now=clock())
    street.work()
    assert [name for name, _, _ in offers() if name == "Ada"] == ["Ada"]
    assert open_offer_of(beyond) is None
    assert open_offer_of(unlike) is None
    decline_offer(offer=open_offer_of(wait), now=clock())
    street.work()
    assert wait.state == WaitState.WAITING  # for another one: this one is not offered again
    assert open_offer_of(wait) is None
    promises = db.session.scalars(select(Promise.state).where(Promise.subject == f"wait:{wait.id}")).all()
    assert sorted(promises) == ["kept", "open"]


def test_time_that_became_free_just_before_somebody_joined_is_found_for_who_joined_first(street, clock, ada):
    wait = waiting(ada, clock)  # nothing is in the way at all, and nothing will be given back
    street.work()
    assert open_offer_of(wait) is not None


def test_one_slot_that_is_given_back_serves_as_many_as_it_has_room_for(street, clock, ada, bo, people):
    theirs = booked(people.member(), span=hours(24, 34))
    waiting(ada, clock, hours(24, 28))
    waiting(people.member("Cy Park"), clock, hours(27, 30))
    waiting(bo, clock, hours(28, 34))
    cancel(reservation=theirs, now=clock())
    street.work()
    assert [name for name, _, _ in offers()] == ["Ada", "Bo"]


def test_a_car_that_goes_back_into_service_early_is_offered(street, clock, ada, people):
    boss, car = people.staff(Role.FLEET).id, a_car()
    take_out_of_service(car=car, state=CarState.MAINTENANCE, why="Brakes", until=TOMORROW.end, by_user_id=boss, now=clock())
    wait = waiting(ada, clock)
    street.work()
    assert open_offer_of(wait) is None
    clock.forward(hours=2)
    put_back(car=car, by_user_id=boss, why="Done", now=clock())
    street.work()
    assert open_offer_of(wait) is not None


def test_time_that_a_block_held_piece_by_piece_is_offered_to_whoever_waits_longest(street, clock, ada, bo, people):
    boss, car, theirs = people.staff(Role.FLEET).id, a_car(), booked(people.member("Cy Park"), span=hours(24, 27))
    take_out_of_service(car=car, state=CarState.MAINTENANCE, why="Brakes", until=hours(0, 36).end, by_user_id=boss, now=clock())
    cancel(reservation=theirs, now=clock())  # the block takes that over, in a row of its own
    waiting(ada, clock, hours(25, 29))
    clock.forward(hours=1)
    waiting(bo, clock, hours(22, 26))
    street.work()
    assert offers() == []
    put_back(car=car, by_user_id=boss, why="Done", now=clock())
    street.work()
    assert [name for name, _, _ in offers()] == ["Ada"]


def test_a_wish_is_offered_when_what_stood_in_the_way_of_its_turnaround_alone_is_given_back(street, clock, ada, people):
    with transaction():
        a_car().lot.turnaround_minutes = 30
    theirs = booked(people.member(), span=hours(27, 30))
    wait = waiting(ada, clock, hours(24, 27))
    street.work()
    assert open_offer_of(wait) is None
    cancel(reservation=theirs, now=clock())
    street.work()
    assert open_offer_of(wait) is not None


def test_a_car_that_nobody_came_for_is_offered(street, clock, ada, people):
    booked(people.member(), span=hours(1, 9))
    wait = waiting(ada, clock, hours(4, 6))
    clock.at = hours(2, 3).start
    street.work()
    assert open_offer_of(wait) is not None


def test_nobody_is_offered_a_car_whose_membership_is_not_active(street, clock, ada, bo, people):
    theirs = booked(people.member())
    waiting(ada, clock)
    second = waiting(bo, clock)
    ada.status = MemberStatus.SUSPENDED if hasattr(MemberStatus, "SUSPENDED") else MemberStatus.APPLICANT
    db.session.commit()
    cancel(reservation=theirs, now=clock())
    street.work()
    assert open_offer_of(second) is not None


def test_an_offer_shortly_before_the_start_ends_with_it(street, clock, ada, people):
    theirs = booked(people.member(), span=hours(2, 5))
    wait = waiting(ada, clock, hours(2, 5))
    clock.forward(minutes=115)
    cancel(reservation=theirs, now=clock())
    street.work()
    assert open_offer_of(wait).lapses_at - clock() == timedelta(minutes=5)
    clock.forward(minutes=5)
    street.work()
    db.session.expire_all()
    assert (wait.state, occupancies(), [state for _, _, state in offers()]) == (WaitState.PASSED, [], [OfferState.LAPSED])


def test_the_same_form_or_the_same_wish_is_one_place_in_the_line(clock, ada, app):
    wish = Wish(TOMORROW, a_car())
    first = join_waitlist(member=ada, wish=wish, once="once-0001", now=clock())
    assert join_waitlist(member=ada, wish=wish, once="once-0001", now=clock()).id == first.id
    assert join_waitlist(member=ada, wish=wish, once="once-0002", now=clock()).id == first.id
    assert len(db.session.scalars(select(Wait)).all()) == 1
    assert len(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "wait_over")).all()) == 1


def test_the_line_is_for_members_for_time_ahead_and_for_a_few_things_at_once(clock, ada, people, app):
    with pytest.raises(MayNotDrive):
        waiting(people.member("Pat", status=MemberStatus.APPLICANT), clock)
    with pytest.raises(BadSpan):
        waiting(ada, clock, hours(-3, -1))
    with pytest.raises(BadSpan):
        waiting(ada, clock, hours(0, 2))
    for day in range(1, 6):
        waiting(ada, clock, hours(24 * day, 24 * day + 2))
    with pytest.raises(TooManyWaits):
        waiting(ada, clock, hours(24 * 6, 24 * 6 + 2))


def test_the_same_wish_around_a_place_is_one_place_in_the_line_and_another_class_or_distance_is_another(street, clock, ada):
    around = {"lat": a_car().lat, "lng": a_car().lng, "within_m": 800}
    wishes = [around, around | {"car_class": "suv"}, around | {"within_m": 900}]
    joined = []
    for wish in wishes * 2:
        clock.forward(seconds=1)  # each is a form of its own
        joined.append(waiting(ada, clock, **wish).id)
    assert joined[:3] == joined[3:]
    assert len(waits_of(ada.id)) == len(wishes)
