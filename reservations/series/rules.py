"""Which days a recurring wish falls on, and when by the lot's clock: pure, and honest about the nights when clocks change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from core.time import LocalTime, Span, from_local, local_time_kind


class Why(StrEnum):
    """Why there is no booking on a day."""

    TAKEN = "taken"
    NEVER = "never"  # the clocks go forward over one of its times
    TWICE = "twice"  # one of its times happens twice, and nobody guesses which is meant
    LENGTH = "length"  # the clock change makes it too short or too long, or it is too far ahead


@dataclass(frozen=True, slots=True)
class Repeats:
    """Every week on these weekdays (0 is Monday), from a first day to a last one, at these times by the wall's clock;
    `nights` is how many nights lie between its start and its end."""

    first: date
    until: date
    weekdays: frozenset[int]
    starts: time
    ends: time
    nights: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"first": self.first.isoformat(), "until": self.until.isoformat(), "weekdays": sorted(self.weekdays),
                "starts": self.starts.isoformat("minutes"), "ends": self.ends.isoformat("minutes"), "nights": self.nights}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of it: the span, or why its times are none."""

    day: date
    span: Span | None
    why: Why | None = None


def repeats_of(span: Span, zone: ZoneInfo, weekdays: frozenset[int], until: date) -> Repeats:
    """The wish that begins with this span and goes on."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    return Repeats(start.date(), until, weekdays, start.time().replace(tzinfo=None), end.time().replace(tzinfo=None),
                   (end.date() - start.date()).days)


def occurrences(wish: Repeats, zone: ZoneInfo) -> list[Occurrence]:
    """Every day that the wish falls on, in order. Each is as long as the clock makes it: 10 PM to 6 AM is seven hours on
    the night when the clocks go forward.
    """
    return [_on(day, wish, zone) for day in _days(wish)]


def _days(wish: Repeats) -> Iterator[date]:
    day = wish.first
    while day <= wish.until:
        if day.weekday() in wish.weekdays:
            yield day
        day += timedelta(days=1)


def _on(day: date, wish: Repeats, zone: ZoneInfo) -> Occurrence:
    ends = [datetime.combine(day, wish.starts), datetime.combine(day + timedelta(days=wish.nights), wish.ends)]
    kinds = [local_time_kind(end, zone) for end in ends]
    if LocalTime.NEVER in kinds:
        return Occurrence(day, None, Why.NEVER)
    if LocalTime.TWICE in kinds:
        return Occurrence(day, None, Why.TWICE)
    start, end = (from_local(each, zone) for each in ends)
    return Occurrence(day, Span(start, end))
