"""A process is killed with -9 at each statement of a booking and of a change, just before its COMMIT, just after it, and at
random instants: the whole of it is there or nothing, in every table, and the same form sent again gives the same answer.

With each statement standing by itself the same kills leave halves.
"""

import random
import time
from itertools import count

import pytest

from tests.races.track import SOAK, Track, Wish, more, on, rows, spoiled

pytestmark = pytest.mark.long
INSTANTS = 150 if SOAK else 2


def _a_booking(track: Track) -> Wish:
    car, day = next(track.fresh)
    return track.books(track.members[0], car, on(day, 0, 3))


def _a_cancellation(track: Track) -> Wish:
    (car, day), member = next(track.fresh), track.members[0]
    return [member, "cancel", track.booked(member, car, on(day, 0, 3))]


def _a_change(track: Track) -> Wish:
    (car, day), (other, _), member = next(track.fresh), next(track.fresh), track.members[0]
    return track.changes(member, track.booked(member, car, on(day, 0, 3)), other, on(day, 1, 5))


WISHES = {"book": _a_booking, "change": _a_change, "cancel": _a_cancellation}


def _points(step: int) -> "list[int | str]":
    """Every statement in the long form, some in the short one; past the last nobody dies."""
    return ["commit", "committed", *range(1, 400, step)]


def _what_it_adds(track: Track, deed: str) -> dict[str, int]:
    """The rows of a deed that nobody disturbs; what its member has only once is there by then."""
    for _ in range(2):
        wish, before = WISHES[deed](track), rows()
        (answer,) = track.race([wish])
        assert answer.outcome == "done", answer
    return more(before, rows())


@pytest.mark.parametrize("deed", WISHES)
def test_who_is_killed_in_the_middle_leaves_the_whole_or_nothing(track: Track, deed: str) -> None:
    whole, died = _what_it_adds(track, deed), {}
    for at in _points(1 if SOAK else 12):
        wish = WISHES[deed](track)
        before = rows()
        died[at] = track.killed(wish, at)
        left = more(before, rows())
        assert left == (whole if at == "committed" or not died[at] else {}), at
        _again(track, wish, before, whole)
        if not died[at]:
            break
    assert died["commit"]
    assert died["committed"]
    assert sum(died.values()) > (12 if SOAK else 3)
    assert not died[at]  # there was no statement left


def _again(track: Track, wish: Wish, before: dict[str, int], whole: dict[str, int]) -> None:
    """The same form twice more: it is done, once."""
    answers = [track.race([wish])[0] for _ in range(2)]
    assert {answer.outcome for answer in answers} == {"done"}
    assert len({answer.id for answer in answers}) == 1
    assert more(before, rows()) == whole


@pytest.mark.parametrize("deed", WISHES)
def test_who_is_killed_at_any_instant_leaves_the_whole_or_nothing(track: Track, deed: str) -> None:
    whole, draw = _what_it_adds(track, deed), random.Random(7)
    began = time.monotonic()
    track.killed(WISHES[deed](track), 10_000)  # which it does not come to
    takes = time.monotonic() - began
    for _ in range(INSTANTS):
        wish = WISHES[deed](track)
        before = rows()
        died = track.killed(wish, draw.uniform(0, takes))
        left = more(before, rows())
        assert left in ({}, whole) if died else left == whole
        _again(track, wish, before, whole)


def test_with_each_statement_by_itself_the_same_kills_leave_halves(track: Track) -> None:
    whole, halves = _what_it_adds(track, "book"), 0
    with spoiled(track):
        for at in count(2, 3):
            wish, before = _a_booking(track), rows()
            if not track.killed(wish, at, apart=True):
                break
            halves += more(before, rows()) not in ({}, whole)
    assert halves > 0
