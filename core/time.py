"""Time: aware UTC inside, the lot's own zone on the page, half-open spans, and the two clocks."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def wall_now() -> datetime:
    """The wall's clock, for sessions, tokens and limits: never simulated."""
    return datetime.now(UTC)


_service_clock: ContextVar[Clock] = ContextVar("service_clock", default=wall_now)


def now() -> datetime:
    """The service's clock, for trips and promises: a simulation may run it fast. Only edges ask it."""
    return _service_clock.get()()


@contextmanager
def service_clock(clock: Clock) -> Iterator[None]:
    """Let the service's clock be `clock` inside the block."""
    token = _service_clock.set(clock)
    try:
        yield
    finally:
        _service_clock.reset(token)


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end): back-to-back trips touch and do not overlap. Raises ValueError unless start < end, both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span is made of aware datetimes")
        # In UTC: Python subtracts and compares two datetimes of one zone by the wall's clock, also over a clock change.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.start >= self.end:
            raise ValueError("a span ends after it starts")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def minutes(self) -> int:
        """Whole minutes of elapsed time; a night on which the clocks change is as long as it really is."""
        return int(self.length.total_seconds() // 60)

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def common(self, other: "Span") -> "Span | None":
        """What both have, if they overlap."""
        return Span(max(self.start, other.start), min(self.end, other.end)) if self.overlaps(other) else None

    def without(self, other: "Span | None") -> "list[Span]":
        """The parts of this that are not in the other: none, one, or two."""
        if other is None or not self.overlaps(other):
            return [self]
        before = [Span(self.start, other.start)] if self.start < other.start else []
        return [*before, Span(other.end, self.end)] if other.end < self.end else before

    def shifted(self, by: timedelta) -> "Span":
        return Span(self.start + by, self.end + by)


class LocalTime(StrEnum):
    """What a wall-clock time is in a zone: it happens once, never (clocks went forward) or twice (went back)."""

    ONCE = "once"
    NEVER = "never"
    TWICE = "twice"


def local_time_kind(naive: datetime, zone: ZoneInfo) -> LocalTime:
    """Say whether the naive wall-clock time exists in the zone, does not, or happens twice."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return LocalTime.ONCE
    there_and_back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return LocalTime.TWICE if there_and_back == naive else LocalTime.NEVER


def from_local(naive: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """The instant of a wall-clock time; `fold=1` picks the second of two. Raises ValueError if it never happens."""
    if local_time_kind(naive, zone) is LocalTime.NEVER:
        raise ValueError(f"{naive:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks go forward over it")
    return naive.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def quarter_for_now(moment: datetime, early: timedelta) -> datetime:
    """The quarter-hour at which a trip that is wanted now starts, so that the member may go in at once.

    The next one if early access reaches back to this moment, else the one just begun.
    """
    ahead = quarter_at_or_after(moment)
    return ahead if ahead - moment <= early else ahead - timedelta(minutes=15)


def quarter_at_or_after(moment: datetime) -> datetime:
    """The next quarter-hour, or this very moment if it is one. Bookings come in 15-minute steps."""
    floor = moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=15)

def months_later(day: date, months: int) -> date:
    """The same day so many months later; where that month has no such day, the first of the next one: who was born on
    February 29 is a year older on March 1."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = monthrange(year, month)[1]
    return date(year, month, day.day) if day.day <= last else date(year, month, last) + timedelta(days=1)
