"""Free, almost or taken: judged like somebody would who looks at every quarter-hour."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import Span
from reservations.search.availability import Availability, State, day_chart, judge
from tests.factories import NOON, hours

CHICAGO = ZoneInfo("America/Chicago")
QUARTER = timedelta(minutes=15)


def judged(wish: Span, *taken: Span, shift: int = 60, not_before: datetime = NOON) -> tuple[str, float | None]:
    """The state, and by how many hours the wish was shifted."""
    found = judge(wish, taken, shift_minutes=shift, not_before=not_before)
    return found.state, None if found.span is None else (found.span.start - wish.start) / timedelta(hours=1)


@pytest.mark.parametrize(("taken", "expected"), [
    ([], ("free", 0)),
    ([hours(0, 2), hours(4, 6)], ("free", 0)),                     # touches on both sides
    ([hours(1, 2.25)], ("almost", 0.25)),                          # a quarter later
    ([hours(3.75, 6)], ("almost", -0.25)),                         # a quarter earlier
    ([hours(1, 3)], ("almost", 1)),                                # an hour is the most
    ([hours(1, 3.25)], ("taken", None)),
    ([hours(3.25, 6)], ("almost", -0.75)),
    ([hours(1, 2.5), hours(5, 9)], ("almost", 0.5)),
    ([hours(1, 2.5), hours(4.25, 9)], ("taken", None)),            # the gap is too short
    ([hours(2.5, 3.5)], ("taken", None)),                          # in the middle
    ([hours(-9, 20)], ("taken", None)),
    ([hours(1.75, 2), hours(3.75, 4), hours(4.75, 5)], ("taken", None)),
])
def test_a_wish_from_two_to_four(taken, expected):
    assert judged(hours(2, 4), *taken) == expected


def test_the_smallest_shift_wins_and_later_wins_over_earlier():
    assert judged(hours(2, 4), hours(3, 3.25)) == ("almost", -1)
    assert judged(hours(2, 2.5), hours(2.25, 2.25 + 0.25)) == ("almost", -0.25)
    assert judged(hours(2, 2.25), hours(2, 2.25)) == ("almost", 0.25)


def test_nothing_is_shifted_into_the_past():
    assert judged(hours(2, 4), hours(3.75, 9), not_before=hours(2, 3).start) == ("taken", None)
    assert judged(hours(2, 4), hours(3.75, 9), not_before=hours(1.75, 3).start) == ("almost", -0.25)


def test_without_a_shift_there_is_no_almost():
    assert judged(hours(2, 4), hours(1, 2.25), shift=0) == ("taken", None)


@pytest.mark.parametrize(("taken", "expected"), [
    ([hours(5, 6)], ("free", 0)),                      # the turnaround ends as the next trip begins
    ([hours(4.75, 6)], ("almost", -0.25)),             # the turnaround would reach into the next trip
    ([hours(4.75, 6), hours(1, 1.75)], ("almost", -0.25)),
    ([hours(4.75, 6), hours(1, 2)], ("taken", None)),  # no room for both
    ([hours(0, 2)], ("free", 0)),                      # nothing of ours lies before it
])
def test_a_wish_needs_its_cars_turnaround_too(taken, expected):
    found = judge(hours(2, 4), taken, shift_minutes=60, not_before=NOON, turnaround=timedelta(hours=1))
    assert (found.state, found.span and (found.span.start - hours(2, 4).start) / timedelta(hours=1)) == expected


def test_a_chart_tells_a_turnaround_from_a_trip():
    day, taken, turnarounds = date(2026, 11, 24), [hours(1, 4), hours(5, 6), hours(7, 8)], [hours(3, 4), hours(7, 8)]
    bars = day_chart(day, CHICAGO, taken, turnarounds=turnarounds)
    assert [(bar.kind, bar.span) for bar in bars] == [
        ("t", hours(1, 3)), ("t", hours(5, 6)), ("r", hours(3, 4)), ("r", hours(7, 8))]


QUARTERS = st.integers(0, 60)
SPANS = st.tuples(QUARTERS, st.integers(1, 20)).map(lambda at: (at[0], at[0] + at[1]))


def span_of(quarters: tuple[int, int]) -> Span:
    return Span(NOON + quarters[0] * QUARTER, NOON + quarters[1] * QUARTER)


@given(SPANS, st.lists(SPANS, max_size=6), st.integers(0, 8), st.integers(-10, 60))
def test_the_judgement_is_that_of_somebody_who_looks_at_every_quarter_hour(wish, taken, shift, not_before):
    occupied = {quarter for start, end in taken for quarter in range(start, end)}

    def fits(by: int) -> bool:
        return not occupied & set(range(wish[0] + by, wish[1] + by)) and (by == 0 or wish[0] + by >= not_before)

    by = next((by for n in range(shift + 1) for by in (n, -n) if fits(by)), None)
    expected = (Availability(State.TAKEN, None) if by is None else
                Availability(State.FREE if by == 0 else State.ALMOST, span_of((wish[0] + by, wish[1] + by))))
    found = judge(span_of(wish), [span_of(one) for one in taken], shift_minutes=shift * 15,
                  not_before=NOON + not_before * QUARTER)
    assert found == expected


# The chart of a day: 96 columns by the wall's clock.

def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold).astimezone(UTC)


def columns(day: date, *taken: Span) -> list[tuple[str, int, int]]:
    return [(bar.kind, bar.start, bar.end) for bar in day_chart(day, CHICAGO, taken)]


@pytest.mark.parametrize(("start", "end", "expected"), [
    ("2026-11-24T00:00", "2026-11-25T00:00", [("t", 0, 96)]),
    ("2026-11-24T09:15", "2026-11-24T10:30", [("t", 37, 42)]),
    ("2026-11-23T20:00", "2026-11-24T01:00", [("t", 0, 4)]),   # from the day before
    ("2026-11-24T23:00", "2026-11-26T01:00", [("t", 92, 96)]),  # into the days after
    ("2026-11-20T00:00", "2026-11-30T00:00", [("t", 0, 96)]),
    ("2026-11-23T10:00", "2026-11-24T00:00", []),               # ends as the day begins
    ("2026-11-25T00:00", "2026-11-25T04:00", []),
    ("2026-11-24T09:07", "2026-11-24T09:08", [("t", 36, 37)]),  # at least its quarter-hour
])
def test_a_day_shows_its_part_of_each_span(start, end, expected):
    assert columns(date(2026, 11, 24), Span(local(start), local(end))) == expected


@pytest.mark.parametrize(("start", "end", "expected"), [
    (local("2027-03-14T00:00"), local("2027-03-15T00:00"), [("t", 0, 96)]),      # 23 hours long
    (local("2027-03-14T01:00"), local("2027-03-14T04:00"), [("t", 4, 16)]),      # over the hour that is not there
    (local("2027-03-14T03:00"), local("2027-03-14T04:00"), [("t", 12, 16)]),
])
def test_on_the_night_the_clocks_go_forward_columns_are_still_the_walls_hours(start, end, expected):
    assert columns(date(2027, 3, 14), Span(start, end)) == expected


@pytest.mark.parametrize(("start", "end", "expected"), [
    (local("2026-11-01T00:00"), local("2026-11-02T00:00"), [("t", 0, 96)]),                   # 25 hours long
    (local("2026-11-01T00:30"), local("2026-11-01T03:00"), [("t", 2, 12)]),
    (local("2026-11-01T05:00"), local("2026-11-01T06:00"), [("t", 20, 24)]),
    (local("2026-11-01T01:00", fold=1), local("2026-11-01T02:00"), [("t", 4, 8)]),            # the second one o'clock
    (local("2026-11-01T01:15"), local("2026-11-01T01:45"), [("t", 5, 7)]),
    (local("2026-11-01T01:45"), local("2026-11-01T01:15", fold=1), [("t", 4, 8)]),            # from one into the other
    (local("2026-11-01T00:45"), local("2026-11-01T01:15", fold=1), [("t", 3, 8)]),
])
def test_on_the_night_the_clocks_go_back_nothing_that_is_taken_is_hidden(start, end, expected):
    assert columns(date(2026, 11, 1), Span(start, end)) == expected


@given(st.datetimes(datetime(2026, 10, 30), datetime(2026, 11, 3)), st.integers(1, 200))  # noqa: DTZ001 - zoned below
def test_bars_lie_within_the_day_and_show_every_span_that_touches_it(start, quarters):
    start = start.replace(minute=start.minute - start.minute % 15, second=0, microsecond=0, tzinfo=UTC)
    span = Span(start, start + quarters * QUARTER)
    for offset in range(-1, 4):
        day = date(2026, 10, 31) + timedelta(days=offset)
        begins = datetime(day.year, day.month, day.day, tzinfo=CHICAGO)
        touches = span.overlaps(Span(begins, begins + timedelta(days=1)))
        bars = columns(day, span)
        assert bool(bars) is touches
        assert all(0 <= start < end <= 96 for _, start, end in bars)


def test_almost_stripes_the_clash_and_shows_the_shifted_time():
    wish, shifted = hours(2, 4), hours(2.5, 4.5)
    bars = day_chart(date(2026, 11, 24), CHICAGO, [hours(1, 2.5)], wish, Availability(State.ALMOST, shifted))
    assert [(bar.kind, bar.start, bar.end) for bar in bars] == [("t", 52, 58), ("a", 56, 58), ("me", 58, 66)]
    earlier = day_chart(date(2026, 11, 24), CHICAGO, [hours(3.5, 5)], wish, Availability(State.ALMOST, hours(1.5, 3.5)))
    assert [(bar.kind, bar.start, bar.end) for bar in earlier] == [("t", 62, 68), ("a", 62, 64), ("me", 54, 62)]


def test_free_shows_my_time_and_taken_shows_none():
    day = date(2026, 11, 24)
    free = day_chart(day, CHICAGO, [], hours(2, 4), Availability(State.FREE, hours(2, 4)))
    assert [bar.kind for bar in free] == ["me"]
    taken = day_chart(day, CHICAGO, [hours(2, 4)], hours(2, 4), Availability(State.TAKEN, None))
    assert [bar.kind for bar in taken] == ["t"]
