"""`/cars`: what is near for a time, with its full price; and when a car is taken. Anybody may ask."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from core.database import reading
from core.time import Span, now
from experience.journey import Step
from fleet.calendar.hold import taken_spans
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import NOBODY
from portal.account.models import Plan
from portal.api import as_json
from portal.api.cursor import next_of, place_of
from portal.api.document import MachineDoor, refuses
from portal.api.door import machine
from portal.api.errors import DoesNotHold, OutsideArea, PlaceNotFound, place_json
from portal.api.schemas import CarsSchema, TakenSchema, Where, Window
from portal.web import say
from portal.web.limits import limiter
from portal.web.page import page_facts
from portal.web.shell import adapters
from reservations.booking.errors import BadSpan
from reservations.booking.queries import bookable_car
from reservations.search.find import FoundCars, find_cars, further_cars
from reservations.search.geocoding.online import PlaceFinderDown
from reservations.search.geocoding.port import Answer, Place
from reservations.search.nearby import Filters
from reservations.search.times import DEFAULT_LENGTH, span_errors, starting_now

bp = MachineDoor("cars", __name__, url_prefix="/api/v1", description="What is near, and when it is free.")
MOST_DAYS = 31


@bp.route("/cars", methods=["GET"])
@machine(Step.FIND_SEARCH, scope=None)
@limiter.limit("120/minute")
@refuses(PlaceNotFound, OutsideArea, PlaceFinderDown, BadSpan, query=True, optional_token=True)
@bp.response(200, CarsSchema)
@bp.arguments(Where, location="query")
@reading()
def cars(asked: dict[str, Any]) -> Any:
    """Cars near a place for a time, nearest first.

    Without a token the prices are those of the plan without a monthly fee; with one, those of its member's plan.
    """
    after = place_of("cars", asked.get("after"))
    wish, place = _wish_of(after) if after else _wish(asked.get("start"), asked.get("end")), _place(asked)
    member = current_user.member if current_user.is_authenticated else None
    search: dict[str, Any] = {
        "lat": place.lat, "lng": place.lng, "span": wish, "radius_m": asked["radius"], "filters": _filters(asked),
        "plan": member.plan if member else Plan.PAY_AS_YOU_GO, "now": now(), "most": asked["limit"]}
    found = (further_cars(driver=member.for_price if member else NOBODY, after=(after[2], after[3]), **search) if after
             else find_cars(member=member, confidence=place.confidence, **search))
    return as_json.answer({"items": as_json.offers(found.offers), "next": _next(found, wish), "near": place_json(place)})


def _next(found: FoundCars, wish: Span) -> str | None:
    """The word for the page behind these cars: for the same time, behind the last of them, whatever has changed since."""
    if not found.more or not found.offers:
        return None
    last = found.offers[-1]
    return next_of("cars", [wish.start.isoformat(), wish.end.isoformat(), last.metres, last.car.id])


def _wish_of(after: list[Any]) -> Span:
    return Span(datetime.fromisoformat(after[0]), datetime.fromisoformat(after[1]))


def _wish(start: datetime | None, end: datetime | None) -> Span:
    """The span that is asked for, by default two hours from now. Raises BadSpan."""
    begins = start or starting_now(now(), policies_at(now()))
    ends = end or begins + DEFAULT_LENGTH
    errors = span_errors(begins, ends, zone=say.CITY_ZONE, now=now(), policies=policies_at(now()))
    if errors:
        raise BadSpan(errors)
    return Span(begins, ends)


def _place(asked: dict[str, Any]) -> Place:
    """Where to look around. Raises DoesNotHold, PlaceNotFound, OutsideArea or PlaceFinderDown."""
    answer = _looked_up(asked)
    if answer.outside:
        raise OutsideArea()
    if answer.place is None:
        raise PlaceNotFound(answer.did_you_mean)
    return answer.place


def _looked_up(asked: dict[str, Any]) -> Answer:
    near, lat, lng = asked.get("near"), asked.get("lat"), asked.get("lng")
    if near is not None and lat is None and lng is None:
        found: Answer = adapters().places.find(near)
        return found
    if near is None and lat is not None and lng is not None:
        inside = adapters().boundary.contains(lat, lng)
        return Answer(replace(adapters().places.name_of(lat, lng), lat=lat, lng=lng), outside=not inside)
    raise DoesNotHold({"near" if near is not None or lat == lng else "lat" if lat is None else "lng":
                       _("Say where: either near, or both lat and lng.")})


def _filters(asked: dict[str, Any]) -> Filters:
    def words(name: str) -> tuple[str, ...]:
        return (asked[name],) if name in asked else ()
    return Filters(car_classes=words("car_class"), fuels=words("fuel"), seats=asked.get("seats", 0), features=words("feature"))


@bp.route("/cars/<car_id>/availability", methods=["GET"])
@machine(Step.FIND_AVAILABILITY, scope=None)
@limiter.limit("120/minute")
@refuses(query=True, about=True, optional_token=True)
@bp.response(200, TakenSchema)
@bp.arguments(Window, location="query")
def availability(asked: dict[str, Any], car_id: str) -> Any:
    """When a car is taken, and by nobody's name."""
    car = bookable_car(car_id)
    page_facts(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id)
    since = asked.get("since", now())
    until = asked.get("until", since + timedelta(days=7))
    if not since < until <= since + timedelta(days=MOST_DAYS):
        raise DoesNotHold({"to": _("It comes after from, by %(days)d days at most.", days=MOST_DAYS)})
    taken = taken_spans([car.id], Span(since, until))[car.id]
    zone = car.lot.zone
    return as_json.answer({"items": [{"start": as_json.at(row.starts_at, zone), "end": as_json.at(row.ends_at, zone)}
                                     for row in taken], "next": None})
