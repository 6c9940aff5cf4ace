"""At which times of a day a car can be taken for as long as is wished: a pure rule over its taken spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.time import LocalTime, Span, local_time_kind, quarter_at_or_after

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Start:
    """One start, and whether its hour happens twice that day, so that it has to be said which one is meant."""

    span: Span
    is_twice: bool


def open_starts(day: date, zone: ZoneInfo, taken: Sequence[Span], *, length: timedelta, turnaround: timedelta,
                earliest: datetime, latest: datetime, finely: Span | None = None) -> list[Start]:
    """The full hours of a local day at which nothing is in the way for the length and the turnaround after it, and the first
    quarter-hour of each stretch of them, from `earliest` to `latest`; within `finely` every quarter-hour. Between two that
    follow each other any quarter-hour will do. A day on which the clocks change has its 23 or 25 hours.
    """
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    found: list[Start] = []
    before_was_open = False
    at = max(begins, quarter_at_or_after(earliest))
    while at < ends and at <= latest:
        needed = Span(at, at + length + turnaround)
        is_open = not any(span.overlaps(needed) for span in taken)
        in_detail = finely is not None and finely.start <= at < finely.end
        if is_open and (in_detail or not before_was_open or not at.minute):
            local = at.astimezone(zone).replace(tzinfo=None, fold=0)
            found.append(Start(Span(at, at + length), local_time_kind(local, zone) is LocalTime.TWICE))
        before_was_open = is_open
        at += QUARTER
    return found
