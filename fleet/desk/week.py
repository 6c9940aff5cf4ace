"""A car's next seven days as charts: who has it, and where it is out of service."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.models import Kind, Occupancy
from fleet.cars.models import Car
from portal.web import say
from reservations.booking.models import Reservation
from reservations.search.availability import day_chart, driven_parts

DAYS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its words, as the time chart takes it."""

    kind: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of the chart."""

    label: str
    bars: list[Bar]


def week(car: Car, now: datetime) -> list[Day]:
    """Today and the six days after it, by the lot's clock."""
    first = now.astimezone(car.lot.zone).date()
    days = [first + timedelta(days=n) for n in range(DAYS)]
    begins = datetime.combine(first, time.min, car.lot.zone)
    taken = taken_spans([car.id], Span(begins, datetime.combine(first + timedelta(days=DAYS), time.min, car.lot.zone)))
    names = _names(taken[car.id])
    return [Day(say.day(day), _bars(car, day, taken[car.id], names)) for day in days]


def _names(taken: list[Occupancy]) -> dict[Span, str]:
    """What each taken span is, in words."""
    bookings = db.session.scalars(select(Reservation).where(Reservation.occupancy_id.in_([row.id for row in taken])))
    drivers = {booking.occupancy_id: booking.member.name for booking in bookings}
    others = {Kind.BLOCK: _("Out of service"), Kind.OFFER: _("Offered")}
    spans = [row.span for row in taken]
    turnarounds = [row.turnaround for row in taken if row.turnaround]
    named = {row.starts_at: drivers.get(row.id) or others.get(Kind(row.kind), _("Booked")) for row in taken}
    return {**{part: named[part.start] for part in driven_parts(spans, turnarounds)},
            **{part: _("Turnaround") for part in turnarounds}}


def _bars(car: Car, day: date, taken: list[Occupancy], names: dict[Span, str]) -> list[Bar]:
    return [
        Bar(bar.kind, bar.start, bar.end,
            _("%(who)s, %(span)s", who=names[bar.span], span=say.span_words(bar.span, car.lot.zone)))
        for bar in day_chart(day, car.lot.zone, [row.span for row in taken],
                             turnarounds=[row.turnaround for row in taken if row.turnaround])
    ]
