"""Booking the same again: when that could be, with the same car or the nearest like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.time import LocalTime, Span, from_local, local_time_kind
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Driver
from reservations.booking.models import Reservation
from reservations.search.find import Offer, offers_for
from reservations.search.nearby import LOOKED_AT, NearbyCars
from reservations.search.next_free import next_free
from reservations.search.times import starting_now

WITHIN_M = 2500.0  # as far as somebody walks to a car that is like their own


class When(StrEnum):
    NOW = "now"
    AS_BEFORE = "as_before"


@dataclass(frozen=True, slots=True)
class Choice:
    """One time for the same again: the car's own offer or, if it cannot be had, the nearest like it, and when it can be had
    next itself. No offer: nothing around here is free then."""

    when: When
    wish: Span
    offer: Offer | None
    is_own: bool
    free_next: Span | None


def choices_again(reservation: Reservation, *, plan: str, driver: Driver, now: datetime) -> list[Choice]:
    """The same length from now, and at the weekday and hour of the last time. As many reads as for two searches."""
    past, zone = reservation.span, reservation.car.lot.zone
    start = starting_now(now, policies_at(now))
    wishes = {When.NOW: Span(start, start + past.length), When.AS_BEFORE: same_time_next(past, zone, now)}
    if wishes[When.NOW] == wishes[When.AS_BEFORE]:
        del wishes[When.AS_BEFORE]
    near = NearbyCars(reservation.car.lat, reservation.car.lng, WITHIN_M, most=LOOKED_AT).all()
    return [_choice(when, wish, offers_for(near, wish, plan, now, driver), reservation, now) for when, wish in wishes.items()]


def _choice(when: When, wish: Span, offers: Sequence[Offer], reservation: Reservation, now: datetime) -> Choice:
    car = reservation.car
    own = next((offer for offer in offers if offer.car.id == car.id), None)
    if own is not None and own.can_be_had:
        return Choice(when, wish, own, True, None)
    like = sorted((offer for offer in offers if offer.can_be_had and offer.car.car_class == car.car_class),
                  key=lambda offer: offer.car.lot_id != car.lot_id)
    free = next_free([own], wish, now).get(car.id) if own is not None else None
    return Choice(when, wish, like[0] if like else None, False, free)


def same_time_next(past: Span, zone: ZoneInfo, now: datetime) -> Span:
    """A past trip's length from the next moment at which its weekday and hour come round, by the lot's clock. An hour that
    a change of the clocks leaves out that day is the one after it."""
    began = past.start.astimezone(zone)
    today = now.astimezone(zone).date()
    days = (began.weekday() - today.weekday()) % 7
    for ahead in (days, days + 7):
        naive = datetime.combine(today + timedelta(days=ahead), began.time().replace(fold=0))
        if local_time_kind(naive, zone) is LocalTime.NEVER:
            naive += timedelta(hours=1)
        start = from_local(naive, zone)
        if start > now:
            return Span(start, start + past.length)
    raise AssertionError("a weekday comes round within seven days")
