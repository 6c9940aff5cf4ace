"""The rules of writing to members: pure, for any choices, at any hour, over any clock change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.account.contact.rules import ALWAYS, OPEN_WAYS, Channel, Choices, Go, Purpose, Skip, Wait, Why, judge

CHICAGO = ZoneInfo("America/Chicago")
ZONES = ["America/Chicago", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/Asuncion"]
choices = some.builds(
    Choices, version=some.just(1), ways=some.frozensets(some.sampled_from(OPEN_WAYS)), quiet_from=some.integers(0, 1439),
    quiet_until=some.integers(0, 1439), zone=some.sampled_from(ZONES).map(ZoneInfo))
moments = some.integers(0, 2 * 365 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
messages = some.tuples(some.sampled_from(Purpose), some.booleans())


@given(choices, moments, messages, some.sampled_from(Channel))
def test_nothing_goes_by_a_way_that_is_shut_or_in_quiet_hours_but_what_may(chosen, at, message, channel):
    purpose, urgent = message
    verdict = judge(chosen, purpose, channel, at, urgent=urgent)
    if (purpose, channel) == ALWAYS:
        assert verdict == Go()
    elif (purpose, channel) not in chosen.ways:
        assert verdict == Skip(Why.NOT_CHOSEN)
    elif verdict == Go() and chosen.quiet_at(at):
        assert (purpose, urgent) == (Purpose.SERVICE, True)
    elif isinstance(verdict, Wait):
        assert (purpose is not Purpose.SERVICE, chosen.quiet_at(at)) == (True, True)


@given(choices, moments)
def test_what_waits_waits_until_the_quiet_hours_end_and_not_longer(chosen, at):
    if not chosen.quiet_at(at):
        return
    morning = chosen.morning_after(at)
    assert at < morning <= at + timedelta(hours=26)  # a day, and what a clock change adds to it
    assert not chosen.quiet_at(morning) or morning.minute % 30  # a zone may skip half an hour just then


@pytest.mark.parametrize(("at", "quiet"), [
    ("20:59", False), ("21:00", True), ("03:00", True), ("07:59", True), ("08:00", False)])
def test_quiet_hours_go_over_midnight_from_the_first_minute_to_before_the_last(at, quiet):
    chosen = Choices(1, frozenset(), 21 * 60, 8 * 60, CHICAGO)
    moment = datetime.fromisoformat(f"2026-11-24T{at}:30").replace(tzinfo=CHICAGO)
    assert chosen.quiet_at(moment) is quiet


def test_the_same_time_twice_is_no_quiet_at_all():
    chosen = Choices(1, frozenset(OPEN_WAYS), 600, 600, CHICAGO)
    start = datetime(2026, 11, 24, tzinfo=UTC)
    assert not any(chosen.quiet_at(start + timedelta(minutes=step)) for step in range(1440))


@pytest.mark.parametrize(("night", "morning"), [
    ("2026-11-24T22:00-06:00", "2026-11-25T08:00-06:00"), ("2026-11-24T06:00-06:00", "2026-11-24T08:00-06:00"),
    ("2026-03-07T22:00-06:00", "2026-03-08T08:00-05:00"),  # clocks go forward in this night
    ("2026-10-31T22:00-05:00", "2026-11-01T08:00-06:00"),  # and back in this one
])
def test_the_morning_is_the_members_own_over_clock_changes_too(night, morning):
    chosen = Choices(1, frozenset(), 21 * 60, 8 * 60, CHICAGO)
    assert chosen.morning_after(datetime.fromisoformat(night)) == datetime.fromisoformat(morning)


def test_a_quiet_end_that_does_not_exist_this_night_is_an_hour_later_by_the_wall():
    chosen = Choices(1, frozenset(), 21 * 60, 2 * 60 + 30, CHICAGO)  # 02:30 is skipped on March 8
    assert chosen.morning_after(datetime.fromisoformat("2026-03-07T23:00-06:00")) == datetime.fromisoformat(
        "2026-03-08T03:30-05:00")
