"""The week on a car's page: its chart day by day, the times of the day that is open, and the ways to other days and lengths."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.tariffs.quote import Policies
from portal.web import say
from reservations.search.cards import ChartBar, chart
from reservations.search.find import Offer
from reservations.search.open_starts import Start, open_starts
from reservations.search.times import query, starting_now

DAYS = 7
LENGTHS = (30, 60, 120, 180, 240, 360, 480, 720, 1440)  # minutes, as most trips are; any other is typed


@dataclass(frozen=True, slots=True)
class Way:
    """A link with its words; `current`: it is what the page shows."""

    words: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the chart."""

    on: date
    way: Way
    bars: list[ChartBar]
    label: str


@dataclass(frozen=True, slots=True)
class Week:
    """What the page shows of it. Everything is a link, so it works without scripts."""

    days: list[Day]
    open_label: str
    starts: list[Way]
    lengths: list[Way]
    earlier: str
    later: str


def read_days(args: Any, wish: Span, zone: ZoneInfo, now: datetime, policies: Policies) -> tuple[date, date]:
    """Which week the address asks for, by its first day, and which day of it is open. What makes no sense is the wish's."""
    first_of_all = now.astimezone(zone).date()
    last_of_all = first_of_all + timedelta(days=policies["booking_ahead"].value)
    wished = wish.start.astimezone(zone).date()
    opened = _day(args.get("day", "")) or wished
    opened = min(max(opened, first_of_all), last_of_all)
    first = min(max(_day(args.get("week", "")) or min(opened, wished), first_of_all), last_of_all)
    return (first, opened) if first <= opened < first + timedelta(days=DAYS) else (opened, opened)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def car_week(offer: Offer, wish: Span, *, first: date, opened: date, now: datetime, policies: Policies) -> Week:
    """The week from its first day on, for the wish and its length: its calendar is read as far as a trip from the last day
    on would reach."""
    car, zone = offer.car, offer.car.lot.zone
    midnight = datetime.combine(first, time(), zone)
    taken = taken_spans([car.id], Span(midnight - timedelta(days=1), midnight + timedelta(days=DAYS + 1) + wish.length
                                       + offer.turnaround))[car.id]
    shown = replace(offer, taken=tuple(row.span for row in taken),
                    turnarounds=tuple(row.turnaround for row in taken if row.turnaround))
    here = {"slug": car.slug, **query(wish, zone)}

    def there(day: date, week: date) -> str:
        return url_for("search.car", **here, day=day.isoformat(), week=week.isoformat(), _anchor="days")

    days = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        days.append(Day(day, Way(say.day(day), there(day, first), current=day == opened), chart(day, zone, shown, wish),
                        _("%(car)s on %(day)s", car=car.name, day=say.day(day))))
    starts = open_starts(opened, zone, shown.taken, length=wish.length, turnaround=offer.turnaround,
                         earliest=starting_now(now, policies), latest=now + timedelta(days=policies["booking_ahead"].value),
                         finely=_hour_of(wish, zone))
    keep = {"day": opened.isoformat(), "week": first.isoformat()}
    today = now.astimezone(zone).date()
    back, on = max(today, first - timedelta(days=DAYS)), first + timedelta(days=DAYS)
    return Week(
        days, say.day(opened),
        [Way(_start_words(start, zone), url_for("search.car", slug=car.slug, **query(start.span, zone), **keep,
                                                _anchor="your-time"), start.span == wish) for start in starts],
        [Way(say.duration(minutes), url_for("search.car", slug=car.slug, **query(_as_long_as(wish, minutes), zone), **keep,
                                            _anchor="days"), minutes == wish.minutes)
         for minutes in sorted({*LENGTHS, wish.minutes})],
        there(back, back) if first > today else "",
        there(on, on) if on <= today + timedelta(days=policies["booking_ahead"].value) else "")


def _as_long_as(wish: Span, minutes: int) -> Span:
    return Span(wish.start, wish.start + timedelta(minutes=minutes))


def _hour_of(wish: Span, zone: ZoneInfo) -> Span:
    """The full hour, by the lot's clock, in which the wish begins: its quarter-hours are offered too."""
    hour = wish.start - timedelta(minutes=wish.start.astimezone(zone).minute)
    return Span(hour, hour + timedelta(hours=1))


def _start_words(start: Start, zone: ZoneInfo) -> str:
    """"1:00 AM", and "1:00 AM CDT" in the hour that happens twice."""
    words = say.clock(start.span.start, zone)
    name = start.span.start.astimezone(zone).tzname()
    return _("%(time)s %(zone)s", time=words, zone=name) if start.is_twice else words
