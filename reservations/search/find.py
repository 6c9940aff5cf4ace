"""Finding cars: near a point, for a span, each with its full price and whether it can be had."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import select

from core.database import db
from core.time import Span
from experience.journey import Step
from experience.record.observe import observe
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_of, rates_at
from fleet.tariffs.quote import NOBODY, Driver, Quote, quote
from reservations.search.availability import Availability, State, judge
from reservations.search.nearby import LOOKED_AT, Filters, Nearby, NearbyCars
from reservations.trip.out_late import cars_out_late

LATE_HIDES = timedelta(hours=1)  # a car that is out late is not offered for a start within the hour


@dataclass(frozen=True, slots=True)
class Offer:
    """A car for a wish: how far, whether it can be had, what it costs in full, and what is taken around it, of which nobody
    drives in the `turnarounds`; after a trip it needs its `turnaround` itself."""

    car: Car
    metres: float
    availability: Availability
    quote: Quote
    taken: tuple[Span, ...]
    turnarounds: tuple[Span, ...] = ()
    turnaround: timedelta = timedelta(0)

    @property
    def can_be_had(self) -> bool:
        return self.availability.state is not State.TAKEN


@dataclass(frozen=True, slots=True)
class FoundCars:
    """What a search shows, of how many cars that it found; `whole`: nothing fitting is further away than what was looked at."""

    offers: list[Offer]
    found: int
    whole: bool

    @property
    def more(self) -> bool:
        """Whether there are cars behind those that are shown."""
        return self.found > len(self.offers) or not self.whole


class Marked(Protocol):
    """What a member likes to see first: ids of cars, and of lots with all their cars."""

    @property
    def cars(self) -> frozenset[int]: ...

    @property
    def lots(self) -> frozenset[int]: ...


def find_cars(*, member: Any, lat: float, lng: float, span: Span, radius_m: float, plan: str, now: datetime,
              filters: Filters = Filters(), max_price_cents: int | None = None, view: str = "list",  # noqa: B008 - frozen
              confidence: float = 1.0, most: int = LOOKED_AT, cheap: bool = False, marked: Marked | None = None) -> FoundCars:
    """The `most` fitting cars within the radius to show, nearest or cheapest first, each with its price for the span on the
    plan; those `marked` come before all others when they can be had.

    It chooses from the nearest LOOKED_AT cars, and those marked, however many there are: so do its counts and the price limit.
    """
    with observe(Step.FIND_SEARCH, member=member, looking=True) as seen:
        driver = member.for_price if member else NOBODY
        near = NearbyCars(lat, lng, radius_m, filters, LOOKED_AT + 1).rows()
        whole, looked_at = len(near) <= LOOKED_AT, near[:LOOKED_AT]
        offers = _within(offers_for(looked_at, span, plan, now, driver), max_price_cents)
        count = {state: sum(offer.availability.state is state for offer in offers) for state in State}
        seen.note(found=len(offers), free=count[State.FREE], almost=count[State.ALMOST], taken=count[State.TAKEN],
                  radius_m=round(radius_m), confidence=round(confidence, 2), view=view)
        found = len(offers)
        if marked and not whole:
            known, further = {each.car.id for each in looked_at}, NearbyCars(
                lat, lng, radius_m, filters, LOOKED_AT, ids=marked.cars, lots=marked.lots).rows()
            offers += [offer for offer in _within(offers_for(
                [each for each in further if each.car.id not in known], span, plan, now, driver), max_price_cents)
                if offer.can_be_had]
        if cheap:
            offers.sort(key=lambda offer: (not offer.can_be_had, offer.quote.total.cents, offer.metres))
        if marked:
            offers.sort(key=lambda offer: not (offer.can_be_had and (
                offer.car.id in marked.cars or offer.car.lot_id in marked.lots)))
        return FoundCars(offers[:most], found, whole)


def further_cars(*, driver: Driver, lat: float, lng: float, span: Span, radius_m: float, plan: str, now: datetime,
                 filters: Filters, most: int, after: tuple[float, int]) -> FoundCars:
    """The next page of a search: the `most` nearest cars behind a place, in metres and the car's id. No step of its own."""
    near = NearbyCars(lat, lng, radius_m, filters, most + 1, after).rows()
    return FoundCars(offers_for(near[:most], span, plan, now, driver), len(near[:most]), len(near) <= most)


def _within(offers: list[Offer], max_price_cents: int | None) -> list[Offer]:
    return [offer for offer in offers if max_price_cents is None or offer.quote.total.cents <= max_price_cents]


def loaded(offers: Sequence[Offer]) -> list[Offer]:
    """The same offers with the cars themselves, in one read: a search finds plain rows in their shape, for reckoning and
    showing, and who books needs the car."""
    cars = {car.id: car for car in db.session.scalars(
        select(Car).where(Car.id.in_([offer.car.id for offer in offers]))).unique()} if offers else {}
    return [replace(offer, car=cars[offer.car.id]) for offer in offers]


def offers_for(cars: Sequence[Nearby], span: Span, plan: str, now: datetime, driver: Driver) -> list[Offer]:
    """Judge and price the given cars for the span: four reads at most, however many cars, and one quote for all of a class
    in a city, for this driver."""
    of_city, rates = policies_of(now), rates_at(now, plan)
    policies = of_city("")
    shift = timedelta(minutes=policies["almost_shift"].value)
    ids = [near.car.id for near in cars]
    around = Span(span.start - timedelta(days=1) - shift, span.end + timedelta(days=1) + shift)
    taken = taken_spans(ids, around)
    late = cars_out_late(now, ids) if span.start < now + LATE_HIDES else set()
    price = lru_cache(maxsize=None)(lambda car_class, wished, zone, city: quote(
        rates[car_class], of_city(city), wished, zone, driver=driver))
    shift_minutes, not_before = policies["almost_shift"].value, now - timedelta(minutes=15)
    offers = []
    for near in cars:
        turnaround = turnaround_of(near.car, policies)
        busy = tuple(row.span for row in taken[near.car.id])
        availability = (Availability(State.TAKEN, None) if near.car.id in late
                        else judge(span, busy, shift_minutes=shift_minutes, not_before=not_before, turnaround=turnaround))
        offers.append(Offer(near.car, near.metres, availability,
                            price(near.car.car_class, availability.span or span, near.car.lot.zone, near.car.lot.city),
                            busy,
                            tuple(row.turnaround for row in taken[near.car.id] if row.turnaround), turnaround))
    return offers
