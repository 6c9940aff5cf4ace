"""Changes against bookings and against each other: exactly one has the time, nobody loses what they had, and the prices add up.

Without the constraint the same races show double bookings.
"""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db
from core.time import Span
from reservations.booking.change.models import ReservationChange
from tests.races.house import double_bookings
from tests.races.track import MEMBERS, PROCESSES, ROUNDS, Answers, Track, on, reservation, unguarded

pytestmark = pytest.mark.long


def _extend_against_book(track: Track) -> tuple[int, int, Answers]:
    """One who has a car until three extends to five; all others book it for some of those two hours."""
    (car, day), (first, *others) = next(track.fresh), track.members
    booked = track.booked(first, car, on(day, 0, 3))
    free_from = track.whole(car, on(day, 0, 3)).end  # after the turnaround
    wishes = [track.books(member, car, Span(free_from, free_from + timedelta(hours=2)).shifted(timedelta(minutes=15 * (n % 4))))
              for n, member in enumerate(others)]
    half = len(wishes) // 2
    return car, booked, track.race([*wishes[:half], track.changes(first, booked, car, on(day, 0, 5)), *wishes[half:]])


def test_of_an_extension_and_bookings_of_that_time_one_wins(track: Track) -> None:
    won = {"change": 0, "book": 0}
    for _ in range(ROUNDS):
        car, booked, answers = _extend_against_book(track)
        assert answers.of("change") + answers.of("book") == {"done": 1, "car_taken": MEMBERS - 1}
        assert double_bookings(track, car) == 0
        extended = answers.of("change")["done"] == 1
        won["change" if extended else "book"] += 1
        hours = reservation(booked).span.length
        assert hours == timedelta(hours=5 if extended else 3)  # nothing in between, and nothing lost


def test_of_two_who_swap_into_one_car_and_one_who_books_it_one_wins(track: Track) -> None:
    for _ in range(ROUNDS):
        (wanted, day), *mine = [next(track.fresh) for _ in range(MEMBERS)]
        swappers = [(member, car, track.booked(member, car, on(day, 0, 3)))
                    for member, (car, _day) in zip(track.members[:PROCESSES], mine, strict=False)]
        wishes = [track.changes(member, booked, wanted, on(day, 0, 3)) for member, _car, booked in swappers]
        answers = track.race([*wishes, track.books(track.members[-1], wanted, on(day, 0, 3))])
        assert answers.outcomes == {"done": 1, "car_taken": PROCESSES}
        for _member, car, booked in swappers:  # who did not win has the car they had
            assert reservation(booked).car_id == (wanted if booked in answers.done else car)
        assert len(track.held(wanted)) == 1


def test_two_who_swap_crosswise_are_both_refused_and_neither_waits_for_the_other(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (one, day), (other, _day) = next(track.fresh), next(track.fresh)
        ada, bo = track.members[:2]
        adas, bos = track.booked(ada, one, on(day, 0, 3)), track.booked(bo, other, on(day, 0, 3))
        answers = track.race([track.changes(ada, adas, other, on(day, 0, 3)), track.changes(bo, bos, one, on(day, 0, 3))])
        assert answers.outcomes == {"car_taken": 2}
        assert (reservation(adas).car_id, reservation(bos).car_id) == (one, other)


def test_a_ring_of_swaps_with_one_free_car_loses_nobody(track: Track) -> None:
    """Each wants the car of the next; the last one's next is free. At most all of them move, and at least that one does."""
    for _ in range(ROUNDS // 3):
        taken, (free, day) = [next(track.fresh) for _ in range(8)], next(track.fresh)
        cars = [car for car, _day in taken] + [free]
        booked = [track.booked(member, car, on(day, 0, 3)) for member, car in zip(track.members, cars[:-1], strict=False)]
        answers = track.race([track.changes(member, number, cars[place + 1], on(day, 0, 3))
                              for place, (member, number) in enumerate(zip(track.members, booked, strict=False))])
        assert set(answers.outcomes) <= {"done", "car_taken"}
        assert booked[-1] in answers.done
        have = [reservation(number).car_id for number in booked]
        assert len(set(have)) == len(booked)
        assert have == [cars[place + (number in answers.done)] for place, number in enumerate(booked)]


def test_time_that_is_given_back_is_had_by_one_other_at_most(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (car, day), (first, *others) = next(track.fresh), track.members
        booked = track.booked(first, car, on(day, 0, 8))
        free_from = track.whole(car, on(day, 0, 2)).end
        wishes = [track.books(member, car, Span(free_from, free_from + timedelta(hours=1))) for member in others]
        half = len(wishes) // 2
        answers = track.race([*wishes[:half], track.changes(first, booked, car, on(day, 0, 2)), *wishes[half:]])
        assert answers.of("change") == {"done": 1}
        assert answers.of("book")["done"] <= 1  # none, when all came before it
        assert track.race(wishes).outcomes == {"done": 1, "car_taken": MEMBERS - 2}  # by now one has it
        assert reservation(booked).span == on(day, 0, 2)


def test_two_changes_of_one_booking_come_one_after_the_other(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (car, day), member = next(track.fresh), track.members[0]
        booked = track.booked(member, car, on(day, 0, 3))
        ends = [4 + n / 4 for n in range(PROCESSES * 2)]
        answers = track.race([track.changes(member, booked, car, on(day, 0, end)) for end in ends])
        assert answers.outcomes == {"done": len(ends)}  # a chain of prices: the_house_is_right looks at it
        assert reservation(booked).span in [on(day, 0, end) for end in ends]


def test_the_same_form_of_a_change_posted_by_all_processes_at_once_changes_once(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (car, day), (other, _day), member, once = next(track.fresh), next(track.fresh), track.members[0], track.key()
        booked = track.booked(member, car, on(day, 0, 3))
        answers = track.race([track.changes(member, booked, other, on(day, 1, 5), once)] * MEMBERS)
        assert answers.outcomes == {"done": MEMBERS}
        assert db.session.scalar(select(func.count()).select_from(ReservationChange).where(
            ReservationChange.reservation_id == booked)) == 1


def test_with_other_forms_the_second_of_the_same_change_is_refused(track: Track) -> None:
    (car, day), (other, _day), member = next(track.fresh), next(track.fresh), track.members[0]
    booked = track.booked(member, car, on(day, 0, 3))
    answers = track.race([track.changes(member, booked, other, on(day, 1, 5)) for _ in range(MEMBERS)])
    assert answers.outcomes == {"done": 1, "nothing_to_change": MEMBERS - 1}


def test_without_the_constraint_extensions_and_bookings_both_win(track: Track) -> None:
    doubles = 0
    with unguarded(track):
        for _ in range(3):
            car, _booked, _answers = _extend_against_book(track)
            doubles += double_bookings(track, car)
    assert doubles > 0


def test_without_the_constraint_two_swap_into_one_car(track: Track) -> None:
    doubles = 0
    with unguarded(track):
        for _ in range(3):
            (wanted, day), *mine = [next(track.fresh) for _ in range(PROCESSES + 1)]
            booked = [track.booked(member, car, on(day, 0, 3)) for member, (car, _day) in
                      zip(track.members, mine, strict=False)]
            track.race([track.changes(member, number, wanted, on(day, 0, 3))
                        for member, number in zip(track.members, booked, strict=False)])
            doubles += double_bookings(track, wanted)
    assert doubles > 0
