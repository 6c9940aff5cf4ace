"""Offers as cards: every word and figure of a search result, formatted for the page."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from core.time import Span
from fleet.cars import words
from portal.web import say
from reservations.search.availability import Availability, Bar, State, day_chart
from reservations.search.find import Offer
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


def card(offer: Offer, wish: Span) -> Card:
    """The card of one offer for a wish."""
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
        state_words=state_words(offer.availability, offer.taken, wish, zone),
        bars=chart(day, zone, offer.taken, wish, offer.availability), day_label=say.day(day),
        chart_label=_("%(car)s on %(day)s", car=car.name, day=say.day(day)), lat=car.lat, lng=car.lng,
    )


def state_words(availability: Availability, taken: tuple[Span, ...], wish: Span, zone: ZoneInfo) -> str:
    """"Free", "Almost: 3:00 PM – 6:30 PM", "Taken until 9:00 PM"."""
    if availability.state is State.FREE:
        return _("Free")
    if availability.state is State.ALMOST and availability.span:
        return _("Almost: %(start)s – %(end)s", start=say.clock(availability.span.start, zone),
                 end=say.clock(availability.span.end, zone))
    clashing = [span.end for span in taken if span.overlaps(wish)]
    if not clashing:
        return _("Not back yet")
    until = max(clashing)
    same_day = until.astimezone(zone).date() == wish.start.astimezone(zone).date()
    return _("Taken until %(time)s", time=say.clock(until, zone) if same_day else say.moment(until, zone))


def chart(day: date, zone: ZoneInfo, taken: tuple[Span, ...], wish: Span | None = None,
          availability: Availability | None = None) -> list[ChartBar]:
    """A day's bars with their words."""
    return [ChartBar(bar.kind, bar.start, bar.end, _bar_words(bar, zone))
            for bar in day_chart(day, zone, taken, wish, availability)]


def _bar_words(bar: Bar, zone: ZoneInfo) -> str:
    times = {"start": say.clock(bar.span.start, zone), "end": say.clock(bar.span.end, zone)}
    if bar.kind == "me":
        return _("Your time %(start)s to %(end)s", **times)
    if bar.kind == "a":
        return _("Free if you shift %(start)s to %(end)s", **times)
    return _("Taken %(start)s to %(end)s", **times)
