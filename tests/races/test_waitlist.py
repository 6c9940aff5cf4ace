"""The waitlist: of whoever waits and whoever books exactly one has time that frees up, and an offer is either taken or over."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from core.time import Span, service_clock
from fleet.calendar.models import Kind
from fleet.cars.models import Car
from portal.account.models import Member
from reservations.waitlist.join import Wish, join_waitlist
from reservations.waitlist.leave import leave_waitlist
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from reservations.waitlist.offer import offer_time
from tests.factories import NOON
from tests.races.house import double_bookings
from tests.races.track import MEMBERS, PROCESSES, ROUNDS, Answers, Track, on, spoiled, unguarded

pytestmark = pytest.mark.long
SECOND = timedelta(seconds=1)


def _waits(track: Track, members: list[int], car: int, span: Span) -> list[UUID]:
    """Places in the line for a car, in this order."""
    wish = Wish(span, db.session.get_one(Car, car))
    with service_clock(lambda: NOON):
        return [join_waitlist(member=db.session.get_one(Member, member), wish=wish, once=track.key(), now=NOON).id
                for member in members]


def _leave(waits: list[UUID]) -> None:
    """Whoever still waits goes home: a member may wait for a few cars only."""
    db.session.rollback()
    with service_clock(lambda: NOON):
        for wait in waits:
            leave_waitlist(wait=db.session.get_one(Wait, wait), now=NOON)


def _freed(track: Track) -> tuple[int, list[UUID], Answers]:
    """A car's time is free and half of the members wait for it; all hands offer it at once, and the others book it."""
    (car, day), half = next(track.fresh), MEMBERS // 2
    span = on(day, 0, 3)
    waits = _waits(track, track.members[:4], car, span)
    told = [0, "offer", car, span.start.timestamp(), span.end.timestamp()]
    books = [track.books(member, car, span) for member in track.members[half:]]
    return car, waits, track.race([*books[:half // 2], *[told] * PROCESSES, *books[half // 2:]])


def test_of_those_who_wait_and_those_who_book_one_has_the_time_that_frees_up(track: Track) -> None:
    for _ in range(ROUNDS):
        car, waits, answers = _freed(track)
        offered, booked = sum(answer.id for answer in answers if answer.deed == "offer"), answers.of("book")["done"]
        assert answers.of("offer") == {"done": PROCESSES}
        assert offered + booked == 1
        assert answers.of("book")["car_taken"] == MEMBERS - MEMBERS // 2 - booked
        (held,) = track.calendar(car)
        assert held.kind == (Kind.OFFER if offered else Kind.TRIP)
        if offered:  # the first in the line has it
            assert db.session.scalars(select(WaitOffer).where(WaitOffer.occupancy_id == held.id)).one().wait_id == waits[0]
        _leave(waits)


def _offered(track: Track) -> tuple[int, int, UUID, datetime]:
    """A car, who is offered it, the offer, and when it is over."""
    (car, day), member = next(track.fresh), track.members[0]
    _waits(track, [member], car, on(day, 0, 3))
    with service_clock(lambda: NOON):
        (offer,) = offer_time(car=db.session.get_one(Car, car), freed=on(day, 0, 3), freed_at=NOON, now=NOON)
    return car, member, offer.id, offer.lapses_at


def _at_the_last_moment(track: Track, lapse: str) -> bool:
    """Four hands accept an offer while four others end it; whether what became of it is one thing: taken, or over."""
    car, member, offer_id, end = _offered(track)
    accepts = [member, "accept", str(offer_id), (end - SECOND).timestamp()]
    answers = track.race([accepts, [member, lapse, str(offer_id), end.timestamp()]] * PROCESSES)
    offer = db.session.get_one(WaitOffer, offer_id, populate_existing=True)
    held = [row.kind for row in track.calendar(car)]
    letters = [facts for facts in db.session.scalars(select(OutboxRow.facts).where(OutboxRow.kind == "wait_lapsed"))
               if facts["offer_id"] == str(offer_id)]
    taken = (answers.of("accept") == {"done": PROCESSES} and (offer.state, offer.wait.state) == (
        OfferState.ACCEPTED, WaitState.BOOKED) and held == [Kind.TRIP] and len(letters) == 0
        and {answer.id for answer in answers if answer.deed == "accept"} == {offer.wait.reservation_id})
    over = (answers.of("accept") == {"wait_offer_lapsed": PROCESSES} and (offer.state, offer.wait.state) == (
        OfferState.LAPSED, WaitState.PASSED) and held == [] and len(letters) == 1)
    return (taken or over) and answers.of(lapse) == {"done": PROCESSES}  # the clock never minds


def test_an_offer_that_is_answered_at_its_last_moment_is_taken_or_over_and_never_both(track: Track) -> None:
    assert [_at_the_last_moment(track, "lapse") for _ in range(ROUNDS)] == [True] * ROUNDS


def test_a_clock_that_does_not_wait_for_answers_makes_both_of_it(track: Track) -> None:
    with spoiled(track):
        assert not all(_at_the_last_moment(track, "lapse blindly") for _ in range(3))


def test_an_offer_that_is_accepted_by_many_hands_at_once_is_one_booking(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        car, member, offer_id, end = _offered(track)
        answers = track.race([[member, "accept", str(offer_id), (end - SECOND).timestamp()]] * MEMBERS)
        assert answers.outcomes == {"done": MEMBERS}
        assert len(set(answers.done)) == 1
        assert len(track.held(car)) == 1


def test_time_of_an_offer_that_is_over_is_had_by_one_other_at_most(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        car, member, offer_id, end = _offered(track)
        span = db.session.get_one(WaitOffer, offer_id).wait.span
        books = [track.books(other, car, span) for other in track.members[1:]]
        half = len(books) // 2
        answers = track.race([*books[:half], [member, "lapse", str(offer_id), end.timestamp()], *books[half:]])
        assert answers.of("book")["done"] <= 1  # none, when all came before it
        assert track.race(books).outcomes == {"done": 1, "car_taken": MEMBERS - 2}


def test_without_the_constraint_who_waits_and_who_books_both_have_it(track: Track) -> None:
    doubles = 0
    with unguarded(track):
        for _ in range(3):
            car, waits, _answers = _freed(track)
            doubles += double_bookings(track, car)
            _leave(waits)
    assert doubles > 0
