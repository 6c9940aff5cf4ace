"""The first time at which a car is free for as long as was wished for: a pure rule over its taken spans."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.time import Span, quarter_at_or_after


def first_gap(taken: Iterable[Span], wish: Span, *, turnaround: timedelta, until: datetime) -> Span | None:
    """The wish, moved to the first quarter-hour from its own start on at which nothing that is taken is in the way, also of
    the `turnaround` after it; None when it would start after `until`. `taken` is in order of time.
    """
    start = quarter_at_or_after(wish.start)
    for span in taken:
        if span.start >= start + wish.length + turnaround:
            break
        if span.end > start:
            start = quarter_at_or_after(span.end)
    return Span(start, start + wish.length) if start <= until else None
