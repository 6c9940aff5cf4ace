"""Offers as cards: every word and figure of a search result, formatted for the page."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from core.time import Span
from fleet.cars import words
from fleet.cars.models import Car
from portal.web import say
from reservations.search.availability import Bar, State, day_chart, driven_parts
from reservations.search.find import Offer
from reservations.search.next_free import next_free
from reservations.search.times import query


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar with its words, as the time chart takes it."""

    kind: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """One car of a result, ready to show."""

    slug: str
    name: str
    href: str
    body: str
    paint: str
    plate: str
    colour_words: str
    class_label: str
    seats: str
    price: str
    walk: str
    lot: str
    distance: str
    state: str
    state_words: str
    bars: list[ChartBar]
    day_label: str
    chart_label: str
    lat: float
    lng: float
    starred: bool = False
    next_words: str = ""
    next_href: str = ""


def cards_of(offers: Sequence[Offer], wish: Span, now: datetime, starred: Container[Car] = frozenset()) -> list[Card]:
    """The cards of these offers for a wish; those that cannot be had say when they can, at one read more for all of them."""
    free = next_free(offers, wish, now)
    return [card(offer, wish, free.get(offer.car.id), starred=offer.car in starred) for offer in offers]


def card(offer: Offer, wish: Span, free_next: Span | None = None, *, starred: bool = False) -> Card:
    """The card of one offer for a wish; `free_next` is when the car can be had if it cannot be then."""
    car, zone = offer.car, offer.car.lot.zone
    span = offer.availability.span or wish
    day = wish.start.astimezone(zone).date()
    return Card(
        slug=car.slug, name=car.name, href=url_for("search.car", slug=car.slug, **query(span, zone)),
        body=car.body, paint=car.paint, plate=car.plate, colour_words=words.in_words(car),
        class_label=words.class_name(car.car_class), seats=words.seats(car.model.seats),
        price=say.money(offer.quote.total),
        walk=_("%(minutes)d min", minutes=say.walking_minutes(offer.metres)) if offer.metres else "", lot=car.lot.name,
        distance=say.miles(offer.metres), state=str(offer.availability.state),
        state_words=state_words(offer, wish),
        bars=chart(day, zone, offer, wish), day_label=say.day(day),
        chart_label=_("%(car)s on %(day)s", car=car.name, day=say.day(day)), lat=car.lat, lng=car.lng,
        starred=starred, next_words=next_words(free_next, zone) if free_next else "",
        next_href=url_for("search.car", slug=car.slug, **query(free_next, zone)) if free_next else "",
    )


def next_words(span: Span, zone: ZoneInfo) -> str:
    """"Next free for 3 h: Sat, Nov 28, 6:00 PM"."""
    return _("Next free for %(length)s: %(time)s", length=say.duration(span.minutes), time=say.moment(span.start, zone))


def state_words(offer: Offer, wish: Span) -> str:
    """"Free", "Almost: 3:00 PM – 6:30 PM", "Taken until 9:00 PM", "Turnaround until 9:00 PM", "Needed back by 1:15 PM"."""
    availability, zone = offer.availability, offer.car.lot.zone
    if availability.state is State.FREE:
        return _("Free")
    if availability.state is State.ALMOST and availability.span:
        return _("Almost: %(start)s – %(end)s", start=say.clock(availability.span.start, zone),
                 end=say.clock(availability.span.end, zone))
    whole = Span(wish.start, wish.end + offer.turnaround)
    in_the_way = [span for span in offer.taken if span.overlaps(whole)]
    if not in_the_way:
        return _("Not back yet")
    needed_at = min(span.start for span in in_the_way) - offer.turnaround  # by whoever comes next
    clashing = in_the_way if needed_at <= wish.start else [span for span in in_the_way if span.overlaps(wish)]
    at = max(span.end for span in clashing) if clashing else needed_at
    same_day = at.astimezone(zone).date() == wish.start.astimezone(zone).date()
    time = say.clock(at, zone) if same_day else say.moment(at, zone)
    if not clashing:
        return _("Needed back by %(time)s", time=time)
    driven = any(part.overlaps(whole) for part in driven_parts(offer.taken, offer.turnarounds))
    return _("Taken until %(time)s", time=time) if driven else _("Turnaround until %(time)s", time=time)


def chart(day: date, zone: ZoneInfo, offer: Offer, wish: Span | None = None) -> list[ChartBar]:
    """A day's bars with their words."""
    return [ChartBar(bar.kind, bar.start, bar.end, _bar_words(bar, zone))
            for bar in day_chart(day, zone, offer.taken, wish, offer.availability if wish else None, offer.turnarounds)]


def _bar_words(bar: Bar, zone: ZoneInfo) -> str:
    times = {"start": say.clock(bar.span.start, zone), "end": say.clock(bar.span.end, zone)}
    if bar.kind == "me":
        return _("Your time %(start)s to %(end)s", **times)
    if bar.kind == "a":
        return _("Free if you shift %(start)s to %(end)s", **times)
    if bar.kind == "r":
        return _("Turnaround %(start)s to %(end)s", **times)
    return _("Taken %(start)s to %(end)s", **times)
