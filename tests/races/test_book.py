"""Many members, four server processes, one car: exactly one wins, the rest are refused kindly, on both databases.

`SOAK=1` runs the long form: 64 members, 30 rounds. The same race with the constraint switched off must show double bookings: a
check that cannot fail is no check.
"""

import random
from datetime import timedelta

import pytest

from core.time import Span
from tests.races.house import double_bookings
from tests.races.track import MEMBERS, ROUNDS, Track, on, unguarded

pytestmark = pytest.mark.long


def test_of_identical_wishes_exactly_one_wins_each_round(track: Track) -> None:
    for _ in range(ROUNDS):
        car, day = next(track.fresh)
        answers = track.race(track.all_book([on(day, 0, 3)], [car]))
        assert answers.outcomes == {"done": 1, "car_taken": MEMBERS - 1}
        assert track.held(car) == [track.whole(car, on(day, 0, 3))]


def _partly_overlapping(draw: random.Random, day: timedelta) -> list[Span]:
    """Spans of half an hour to three hours, all over six hours and each other."""
    starts = [draw.randrange(0, 24) / 4 for _ in range(MEMBERS)]
    return [on(day, start, start + draw.randrange(2, 13) / 4) for start in starts]


def test_of_partly_overlapping_wishes_no_two_winners_overlap_and_nobody_is_refused_without_need(track: Track) -> None:
    draw = random.Random(7)
    for _ in range(ROUNDS // 2):
        car, day = next(track.fresh)
        spans = _partly_overlapping(draw, day)
        answers = track.race(track.all_book(spans, [car]))
        won = track.held(car)
        assert answers.outcomes == {"done": len(won), "car_taken": MEMBERS - len(won)}
        assert double_bookings(track, car) == 0
        assert all(any(track.whole(car, span).overlaps(winner) for winner in won) for span in spans)


def test_wishes_for_different_cars_are_never_refused(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        mine = [next(track.fresh) for _ in track.members]
        wishes = [track.books(member, car, on(day, 0, 3)) for member, (car, day) in zip(track.members, mine, strict=True)]
        assert track.race(wishes).outcomes == {"done": MEMBERS}


def test_neighbouring_wishes_for_one_car_are_never_refused(track: Track) -> None:
    car, day = next(track.fresh)
    step = track.whole(car, on(day, 0, 1)).length  # an hour, and the turnaround of the car
    day += timedelta(days=100)  # where nobody else is: twenty turnarounds may take days
    spans = [on(day, 0, 1).shifted(step * n) for n in range(20)]
    wishes = [track.books(member, car, span) for member, span in zip(track.members, spans, strict=False)]
    assert track.race(wishes).outcomes == {"done": len(wishes)}


def test_a_booking_that_is_cancelled_makes_room_for_one_other_at_most(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (car, day), (first, *others) = next(track.fresh), track.members
        booked = track.booked(first, car, on(day, 0, 3))
        wishes = [track.books(member, car, on(day, 1, 2)) for member in others]
        answers = track.race([*wishes[::2], [first, "cancel", booked], *wishes[1::2]])
        assert answers.of("cancel") == {"done": 1}
        assert answers.of("book")["done"] <= 1  # none, when all came before it
        assert len(track.held(car)) == answers.of("book")["done"]
        again = track.race(wishes)  # the same forms: who has the car is told so, and of the others one gets it by now
        assert again.outcomes == {"done": 1, "car_taken": MEMBERS - 2}


def test_the_same_form_posted_by_all_processes_at_once_books_once(track: Track) -> None:
    for _ in range(ROUNDS // 3):
        (car, day), member, once = next(track.fresh), track.members[0], track.key()
        answers = track.race([track.books(member, car, on(day, 0, 3), once)] * MEMBERS)
        assert answers.outcomes == {"done": MEMBERS}
        assert len(set(answers.done)) == 1
        assert len(track.held(car)) == 1


def test_the_same_wish_with_other_forms_is_refused_so_it_is_the_key_that_makes_them_one(track: Track) -> None:
    (car, day), member = next(track.fresh), track.members[0]
    answers = track.race([track.books(member, car, on(day, 0, 3)) for _ in range(MEMBERS)])
    assert answers.outcomes == {"done": 1, "car_taken": MEMBERS - 1}


@pytest.mark.parametrize("spans", ["identical", "partly overlapping"])
def test_without_the_constraint_the_same_race_shows_double_bookings(track: Track, spans: str) -> None:
    draw, doubles = random.Random(7), 0
    with unguarded(track):
        for _ in range(3):
            car, day = next(track.fresh)
            wished = [on(day, 0, 3)] if spans == "identical" else _partly_overlapping(draw, day)
            track.race(track.all_book(wished, [car]))
            doubles += double_bookings(track, car)
    assert doubles > 0
