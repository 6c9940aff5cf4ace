"""Spans are half-open and as long as they really are; wall-clock times exist once, never or twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import (
    LocalTime,
    Span,
    from_local,
    local_time_kind,
    now,
    quarter_at_or_after,
    quarter_for_now,
    service_clock,
    wall_now,
)
from tests.factories import NOON, hours

CHICAGO = ZoneInfo("America/Chicago")
ZONES = st.sampled_from([ZoneInfo(name) for name in (
    "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia",
    "America/St_Johns", "America/Havana", "Antarctica/Troll", "UTC")])
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned here
WALL_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001 - typed by people


@pytest.mark.parametrize(("other", "clashes"), [
    (hours(0, 1), False),  # before
    (hours(0, 2), False),  # ends as it begins
    (hours(1, 3), True),   # over its start
    (hours(2, 4), True),   # the same
    (hours(2.5, 3), True),  # inside
    (hours(1, 5), True),   # around
    (hours(3, 5), True),   # over its end
    (hours(4, 5), False),  # begins as it ends
    (hours(5, 6), False),  # after
])
def test_spans_overlap_when_they_share_an_instant(other, clashes):
    span = hours(2, 4)
    assert span.overlaps(other) is clashes
    assert other.overlaps(span) is clashes


@pytest.mark.parametrize("length", [0, -1])
def test_a_span_ends_after_it_starts(length):
    with pytest.raises(ValueError, match="ends after it starts"):
        Span(NOON, NOON + timedelta(hours=length))


def test_a_span_of_naive_times_is_refused():
    with pytest.raises(ValueError, match="aware"):
        Span(NOON.replace(tzinfo=None), NOON + timedelta(hours=1))
    with pytest.raises(ValueError, match="aware"):
        Span(NOON, (NOON + timedelta(hours=1)).replace(tzinfo=None))


@pytest.mark.parametrize(("day", "length"), [
    (datetime(2026, 11, 1, tzinfo=CHICAGO), 25),  # the clocks go back
    (datetime(2027, 3, 14, tzinfo=CHICAGO), 23),  # and forward
    (datetime(2027, 3, 15, tzinfo=CHICAGO), 24),
])
def test_a_local_day_is_as_long_as_it_really_is(day, length):
    assert Span(day, day + timedelta(days=1)).minutes == length * 60


@given(INSTANTS, st.integers(1, 20_000), ZONES)
def test_a_span_is_the_same_in_whichever_zone_it_is_written(start, minutes, zone):
    end = start + timedelta(minutes=minutes)
    written = Span(start.astimezone(zone), end.astimezone(zone))
    assert written == Span(start, end)
    assert written.minutes == minutes
    assert written.shifted(timedelta(hours=3)) == Span(start, end).shifted(timedelta(hours=3))


@pytest.mark.parametrize(("typed", "zone", "kind"), [
    ("2026-11-28T14:15", "America/Chicago", LocalTime.ONCE),
    ("2027-03-14T01:59", "America/Chicago", LocalTime.ONCE),
    ("2027-03-14T02:00", "America/Chicago", LocalTime.NEVER),
    ("2027-03-14T02:59", "America/Chicago", LocalTime.NEVER),
    ("2027-03-14T03:00", "America/Chicago", LocalTime.ONCE),
    ("2026-11-01T01:00", "America/Chicago", LocalTime.TWICE),
    ("2026-11-01T01:59", "America/Chicago", LocalTime.TWICE),
    ("2026-11-01T02:00", "America/Chicago", LocalTime.ONCE),
    ("2027-04-04T01:30", "Australia/Lord_Howe", LocalTime.TWICE),  # the clocks move by half an hour there
    ("2027-04-04T02:00", "Australia/Lord_Howe", LocalTime.ONCE),
    ("2026-10-04T02:15", "Australia/Lord_Howe", LocalTime.NEVER),
    ("2026-10-04T02:30", "Australia/Lord_Howe", LocalTime.ONCE),
    ("2011-12-30T12:00", "Pacific/Apia", LocalTime.NEVER),         # Samoa skipped a whole day
])
def test_a_wall_clock_time_happens_once_never_or_twice(typed, zone, kind):
    assert local_time_kind(datetime.fromisoformat(typed), ZoneInfo(zone)) is kind


@given(WALL_TIMES, ZONES)
def test_the_kind_of_a_wall_clock_time_is_how_often_the_hours_around_it_show_it(typed, zone):
    typed = typed.replace(second=0, microsecond=0)
    around = datetime(typed.year, typed.month, typed.day, typed.hour, typed.minute, tzinfo=UTC)
    offsets = {(around + timedelta(hours=by)).astimezone(zone).utcoffset() for by in (-30, -15, -2, 0, 2, 15, 30)}
    shown = [offset for offset in offsets if (around - offset).astimezone(zone).replace(tzinfo=None) == typed]
    expected = {0: LocalTime.NEVER, 1: LocalTime.ONCE, 2: LocalTime.TWICE}[len(shown)]
    assert local_time_kind(typed, zone) is expected


@given(INSTANTS, ZONES)
def test_every_instant_comes_back_from_its_local_time_with_its_fold(instant, zone):
    local = instant.astimezone(zone)
    assert from_local(local.replace(tzinfo=None, fold=0), zone, fold=local.fold) == instant


def test_an_hour_that_never_happens_has_no_instant():
    with pytest.raises(ValueError, match="the clocks go forward over it"):
        from_local(datetime.fromisoformat("2027-03-14T02:15"), CHICAGO)


def test_the_hour_that_happens_twice_has_two_instants_an_hour_apart():
    typed = datetime.fromisoformat("2026-11-01T01:30")
    assert from_local(typed, CHICAGO, fold=1) - from_local(typed, CHICAGO) == timedelta(hours=1)


@given(INSTANTS)
def test_the_next_quarter_hour_is_at_most_a_quarter_away_and_a_quarter_hour_is_its_own(instant):
    quarter = quarter_at_or_after(instant)
    assert timedelta(0) <= quarter - instant < timedelta(minutes=15)
    assert (quarter.minute % 15, quarter.second, quarter.microsecond) == (0, 0, 0)
    assert quarter_at_or_after(quarter) == quarter


@given(INSTANTS)
def test_a_trip_wanted_now_may_be_entered_now(instant):
    early = timedelta(minutes=10)
    start = quarter_for_now(instant, early)
    assert start - early <= instant < start + timedelta(minutes=15)


def test_the_service_clock_may_differ_from_the_wall_clock_inside_a_block_only():
    with service_clock(lambda: NOON):
        assert now() == NOON
        assert wall_now() != NOON
    assert now() != NOON
