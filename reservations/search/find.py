"""Finding cars: near a point, for a span, each with its full price and whether it can be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from core.time import Span
from experience.journey import Step
from experience.record.observe import observe
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_of, rates_at
from fleet.tariffs.quote import Quote, quote
from reservations.search.availability import Availability, State, judge
from reservations.search.nearby import Filters, Nearby, NearbyCars
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


def find_cars(*, member: Any, lat: float, lng: float, span: Span, radius_m: float, plan: str, now: datetime,
              filters: Filters = Filters(), max_price_cents: int | None = None, view: str = "list",  # noqa: B008 - frozen
              confidence: float = 1.0) -> list[Offer]:
    """Every fitting car within the radius, nearest first, with its price for the span on the plan."""
    with observe(Step.FIND_SEARCH, member=member, looking=True) as seen:
        offers = offers_for(NearbyCars(lat, lng, radius_m, filters).all(), span, plan, now,
                            member.born_on if member else None)
        if max_price_cents is not None:
            offers = [offer for offer in offers if offer.quote.total.cents <= max_price_cents]
        count = {state: sum(offer.availability.state is state for offer in offers) for state in State}
        seen.note(found=len(offers), free=count[State.FREE], almost=count[State.ALMOST], taken=count[State.TAKEN],
                  radius_m=round(radius_m), confidence=round(confidence, 2), view=view)
    return offers


def offers_for(cars: Sequence[Nearby], span: Span, plan: str, now: datetime, born_on: date | None) -> list[Offer]:
    """Judge and price the given cars for the span: four reads at most, however many cars, and one quote for all of a class
    in a city, for a driver born on that day (if it is known)."""
    of_city, rates = policies_of(now), rates_at(now, plan)
    policies = of_city("")
    shift = timedelta(minutes=policies["almost_shift"].value)
    ids = [near.car.id for near in cars]
    around = Span(span.start - timedelta(days=1) - shift, span.end + timedelta(days=1) + shift)
    taken = taken_spans(ids, around)
    late = cars_out_late(now, ids) if span.start < now + LATE_HIDES else set()
    price = lru_cache(maxsize=None)(lambda car_class, wished, zone, city: quote(
        rates[car_class], of_city(city), wished, zone, born_on=born_on))
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
