"""Free, almost or taken: a pure judgement over a car's taken spans, and the chart of its day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.time import Span

QUARTER = timedelta(minutes=15)
QUARTERS = 96
NONE = timedelta(0)


class State(StrEnum):
    FREE = "free"
    ALMOST = "almost"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the wish can be had; `span` is the wish, or the nearest shift of it, or None when taken."""

    state: State
    span: Span | None


def judge(wish: Span, taken: Sequence[Span], *, shift_minutes: int, not_before: datetime,
          turnaround: timedelta = NONE) -> Availability:
    """Free if nothing overlaps; almost if the same length fits when shifted by up to `shift_minutes`; else taken.

    The smallest shift wins, later before earlier. Nothing is shifted to before `not_before`. The car is needed for the
    `turnaround` after the wish too.
    """
    if not _is_in_the_way(wish, taken, turnaround):
        return Availability(State.FREE, wish)
    for minutes in range(15, shift_minutes + 1, 15):
        for by in (timedelta(minutes=minutes), timedelta(minutes=-minutes)):
            shifted = wish.shifted(by)
            if shifted.start >= not_before and not _is_in_the_way(shifted, taken, turnaround):
                return Availability(State.ALMOST, shifted)
    return Availability(State.TAKEN, None)


def _is_in_the_way(wish: Span, taken: Sequence[Span], turnaround: timedelta) -> bool:
    whole = Span(wish.start, wish.end + turnaround)
    return any(span.overlaps(whole) for span in taken)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a day's chart: `kind` is t (taken), r (turnaround), a (clashes, but can shift) or me; 0 to 96
    quarter-hours."""

    kind: str
    start: int
    end: int
    span: Span


def day_chart(day: date, zone: ZoneInfo, taken: Sequence[Span], wish: Span | None = None,
              offer: Availability | None = None, turnarounds: Sequence[Span] = ()) -> list[Bar]:
    """The bars of one local day, by wall clock: on a night when clocks change the chart still has 96 columns.

    `turnarounds` are the ends of taken spans in which nobody drives.
    """
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    whole = Span(begins, begins + timedelta(days=1))
    kinds = {"t": driven_parts(taken, turnarounds), "r": turnarounds}
    bars = [_bar(kind, span, whole, zone) for kind, spans in kinds.items()
            for span in spans if span.overlaps(whole)]
    if wish and offer and offer.state is State.ALMOST and offer.span:
        clash = _clash(wish, offer.span)
        if clash.overlaps(whole):
            bars.append(_bar("a", clash, whole, zone))
    if offer and offer.span and offer.span.overlaps(whole):
        bars.append(_bar("me", offer.span, whole, zone))
    return [bar for bar in bars if bar.start < bar.end]


def driven_parts(taken: Sequence[Span], turnarounds: Sequence[Span]) -> list[Span]:
    """What of the taken spans somebody drives: each ends where its turnaround begins, and some are nothing else."""
    begins = {each.end: each.start for each in turnarounds}
    parts = [(span.start, begins.get(span.end, span.end)) for span in taken]
    return [Span(start, end) for start, end in parts if start < end]


def _clash(wish: Span, shifted: Span) -> Span:
    """The part of the wish that the shift gives up."""
    if shifted.start > wish.start:
        return Span(wish.start, shifted.start)
    return Span(shifted.end, wish.end)


def _bar(kind: str, span: Span, whole: Span, zone: ZoneInfo) -> Bar:
    start, end = max(span.start, whole.start), min(span.end, whole.end)
    if whole.length > timedelta(days=1):  # the clocks go back: some columns are passed twice, and none is left out
        passed = [_column(start + n * QUARTER, zone, 0, whole.start) for n in range(-((start - end) // QUARTER))]
        return Bar(kind, min(passed), max(passed) + 1, span)
    return Bar(kind, _column(start, zone, 0, whole.start), _column(end, zone, QUARTERS, whole.start), span)


def _column(at: datetime, zone: ZoneInfo, edge: int, day_start: datetime) -> int:
    local, first = at.astimezone(zone), day_start.astimezone(zone)
    if local.date() != first.date():
        return edge
    minutes = local.hour * 60 + local.minute
    return minutes // 15 if edge == 0 else -(-minutes // 15)
