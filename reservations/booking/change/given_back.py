"""Time that is given back too late to be free of charge: what it costs, quarter-hour by quarter-hour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.money import Money
from core.time import Span

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter-hour of a car, by its start, and the cents of the fee that are for it."""

    car_id: int
    starts_at: datetime
    cents: int


def quarters_in(spans: Sequence[Span]) -> list[datetime]:
    """The starts of the quarter-hours of the spans, in order."""
    return [span.start + number * QUARTER for span in spans for number in range(-(-span.length // QUARTER))]


def in_parts(fee: Money, starts: Sequence[datetime], car_id: int) -> list[Quarter]:
    """The fee in equal parts, to the cent: together they are the whole of it."""
    count = len(starts)
    return [Quarter(car_id, at, fee.cents * (number + 1) // count - fee.cents * number // count)
            for number, at in enumerate(starts)]


def firm_part(booked: Span, held_before: Sequence[Span]) -> Span | None:
    """What of a booking its member can no longer give back for nothing: what it had before already, and not what was added
    so lately that they may think again."""
    parts = [part for span in held_before if (part := booked.common(span)) is not None]
    return Span(min(part.start for part in parts), max(part.end for part in parts)) if parts else None
