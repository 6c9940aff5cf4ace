"""Typed times become instants by the lot's clock; what does not work is said in words, by field."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import Span
from fleet.tariffs.quote import Policy
from reservations.search.times import Times, query, read_times, typed
from tests.factories import NOON, hours

CHICAGO = ZoneInfo("America/Chicago")
POLICIES = {"booking_least": Policy(30, 1), "booking_most": Policy(20160, 1), "booking_ahead": Policy(183, 1),
            "early_access": Policy(10, 1)}


@pytest.fixture(scope="module", autouse=True)
def _in_english(shared_app):
    with shared_app.test_request_context():
        yield


def read(start: str, end: str, now: datetime = NOON, **folds: str) -> Times:
    return read_times(start, end, zone=CHICAGO, now=now, policies=POLICIES, **folds)


@pytest.mark.parametrize(("start", "end", "span"), [
    ("2026-11-25T12:00", "2026-11-25T15:00", hours(24, 27)),
    (" 2026-11-25T12:00 ", "2026-11-25 15:00", hours(24, 27)),
    ("2026-11-25T12:00-06:00", "2026-11-25T15:00-06:00", hours(24, 27)),
    ("2026-11-25T18:00Z", "2026-11-25T22:00+01:00", hours(24, 27)),
    ("2026-11-25T12:00", "", hours(24, 26)),
    ("", "", hours(0, 2)),
    ("now", "2026-11-24T13:30", hours(0, 1.5)),
    ("NOW", "", hours(0, 2)),
    ("2026-11-24T11:45", "2026-11-24T13:00", hours(-0.25, 1)),  # the quarter-hour just begun
])
def test_times_are_read_by_the_lots_clock_unless_they_say_their_offset(start, end, span):
    times = read(start, end)
    assert (times.span, times.errors, times.twice) == (span, {}, {})


@pytest.mark.parametrize(("start", "end", "field", "words"), [
    ("2026-11-24T11:30", "2026-11-24T13:00", "start", "Tue, Nov 24, 11:30 AM has passed. Pick a later time"),
    ("2026-11-25T12:00", "2026-11-25T12:00", "end", "before you start at 12:00 PM"),
    ("2026-11-25T12:00", "2026-11-25T11:00", "end", "before you start at 12:00 PM"),
    ("2026-11-25T12:00", "2026-11-25T12:15", "end", "Trips are 30 min or longer"),
    ("2026-11-25T12:00", "2026-12-09T12:15", "end", "Trips are 14 days at most. Pick an earlier time"),
    ("2027-06-01T12:00", "2027-06-01T14:00", "start", "Bookings open 183 days ahead. Pick a day before Wed, May 26"),
    ("2026-11-25T12:01", "2026-11-25T15:00", "start", "start on the quarter-hour"),
    ("2026-11-25T12:00", "2026-11-25T15:01", "end", "end on the quarter-hour"),
    ("2026-11-25T12:00:01", "2026-11-25T15:00", "start", "start on the quarter-hour"),
    ("2026-11-25T12:00+05:07", "2026-11-25T15:00+05:07", "start", "start on the quarter-hour"),
    ("2027-03-14T02:15", "2027-03-14T05:00", "start", "02:15 does not exist on that day: the clocks go forward over it."),
    ("2027-03-14T00:00", "2027-03-14T02:45", "end", "02:45 does not exist on that day"),
    ("2027-11-07T01:30", "2027-11-07T05:00", "start", "01:30 happens twice on that day: the clocks go back."),
    ("tomorrow", "", "start", "We could not read that time. Type it like 2026-11-28T14:15."),
    ("2026-11-25T12:00", "later", "end", "We could not read that time"),
    ("2026-11-25T12:00" + " " * 30 + "x", "", "start", ""),
    ("1969-01-01T00:00", "", "start", "We could not read that time"),
    ("9999-12-31T23:45-14:00", "", "start", "We could not read that time"),
])
def test_times_that_do_not_work_are_told_by_field_with_the_cure(start, end, field, words):
    times = read(start, end)
    if words:
        assert words in times.errors[field]
        assert times.span is None


@pytest.mark.parametrize(("fold", "hour"), [("0", 6), ("1", 7)])
def test_the_hour_that_happens_twice_is_asked_about_and_read_as_answered(fold, hour):
    now = datetime(2027, 10, 20, tzinfo=UTC)
    asked = read("2027-11-07T01:30", "2027-11-07T05:00", now)
    assert [value for value, _ in asked.twice["start"]] == ["0", "1"]
    answered = read("2027-11-07T01:30", "2027-11-07T05:00", now, start_fold=fold)
    assert answered.span == Span(datetime(2027, 11, 7, hour, 30, tzinfo=UTC), datetime(2027, 11, 7, 11, tzinfo=UTC))


def test_an_answer_that_is_neither_asks_again():
    assert read("2027-11-07T01:30", "", datetime(2027, 10, 20, tzinfo=UTC), start_fold="both").twice


@given(st.text(max_size=60), st.text(max_size=60))
def test_anything_typed_is_read_or_told(start, end):
    times = read(start, end)
    assert (times.span is None) is bool(times.errors)


STARTS = st.integers(0, 180 * 96).map(lambda n: NOON + n * timedelta(minutes=15))


@given(STARTS, st.integers(2, 14 * 96))
def test_a_span_written_into_an_address_is_read_back_the_same(start, quarters):
    span = Span(start, start + quarters * timedelta(minutes=15))
    written = query(span, CHICAGO)
    assert read(written["start"], written["end"]).span == span


@given(STARTS)
def test_a_time_shown_in_a_field_is_read_back_the_same_except_when_it_happens_twice(start):
    times = read(typed(start, CHICAGO), "")
    assert times.twice or times.span.start == start
