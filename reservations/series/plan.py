"""What a series would be: each day with its price, or why the car cannot be had then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from core.money import Money, total
from core.time import Span
from fleet.calendar.hold import taken_spans
from fleet.calendar.turnaround import with_turnaround
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.web import say
from reservations.booking.models import Waiver
from reservations.booking.offer import FrozenOffer
from reservations.search.availability import State, judge
from reservations.search.nearby import LOOKED_AT, Filters, NearbyCars
from reservations.search.times import span_errors
from reservations.series.errors import NoSeries, check_count
from reservations.series.rules import Occurrence, Repeats, Why, occurrences

NEAR_M = 2500.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One day: its span, and the price when it can be had; else why not."""

    day: date
    span: Span | None
    price: Money | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Instead:
    """What a member may do on a day on which their car is taken: the same car at nearly the same time, another one near by."""

    shifted: Span | None
    car: Car | None


def plan_series(*, member: Member, car: Car, wish: Repeats, waiver: Waiver, at: datetime, now: datetime) -> list[Planned]:
    """Every day of the wish at the rates of `at`. Raises NoSeries when they are too few, too many (policy `series_most`), or
    reach further ahead than one may book.
    """
    policies = policies_at(now)
    last = now.astimezone(car.lot.zone).date() + timedelta(days=policies["booking_ahead"].value)
    if wish.until > last:
        raise NoSeries(_too_far(last))  # before the days are counted: somebody may type the year 9999
    found = occurrences(wish, car.lot.zone)
    check_count(len(found), policies["series_most"].value)
    taken = _taken(car, [each.span for each in found if each.span])
    return [_plan(each, member, car, waiver, at, now, taken) for each in found]


def _plan(one: Occurrence, member: Member, car: Car, waiver: Waiver, at: datetime, now: datetime,
          taken: Sequence[Span]) -> Planned:
    span, policies = one.span, policies_at(now)
    if span is None:
        return Planned(one.day, None, None, one.why)
    if span_errors(span.start, span.end, zone=car.lot.zone, now=now, policies=policies):
        return Planned(one.day, span, None, Why.LENGTH)
    whole = with_turnaround(car, span, policies)
    if any(each.overlaps(whole) for each in taken):
        return Planned(one.day, span, None, Why.TAKEN)
    price = FrozenOffer(car.id, span, member.plan, at).price(car, waiver, member.for_price).total
    return Planned(one.day, span, price, None)


def _taken(car: Car, spans: Sequence[Span]) -> list[Span]:
    """What of the car is taken from the first day to the last, and the day after it for its turnaround: one read."""
    if not spans:
        return []
    around = Span(spans[0].start - timedelta(days=1), spans[-1].end + timedelta(days=2))
    return [row.span for row in taken_spans([car.id], around)[car.id]]


def _too_far(last: date) -> str:
    return _("Bookings open until %(day)s. Pick a last day before that.", day=say.day(last))


def cost_of(planned: Sequence[Planned]) -> Money:
    """What all that can be had cost together."""
    return total([each.price for each in planned if each.price])


def instead_of(car: Car, spans: Sequence[Span], now: datetime) -> dict[Span, Instead]:
    """For each span in which the car is taken what else there is: three reads, however many days."""
    if not spans:
        return {}
    policies = policies_at(now)
    near = [each.car for each in NearbyCars(car.lat, car.lng, NEAR_M, Filters(car_classes=(car.car_class,)), LOOKED_AT).all()
            if each.car.id != car.id]
    around = Span(min(span.start for span in spans) - timedelta(days=1), max(span.end for span in spans) + timedelta(days=2))
    taken = taken_spans([car.id, *(each.id for each in near)], around)
    found = {}
    for span in spans:
        own = judge(with_turnaround(car, span, policies), [row.span for row in taken[car.id]],
                    shift_minutes=policies["almost_shift"].value, not_before=now)
        moved = own.span.start - span.start if own.state is State.ALMOST and own.span else None
        other = next((each for each in near if not any(
            row.span.overlaps(with_turnaround(each, span, policies)) for row in taken[each.id])), None)
        found[span] = Instead(span.shifted(moved) if moved is not None else None, other)
    return found
