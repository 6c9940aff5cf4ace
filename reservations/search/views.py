"""Finding a car: the search, a car's page, a lot's page, and the files of the map."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from config import ROOT
from core.database import db, reading
from core.refusal import NotFound
from core.time import Span, now
from experience.journey import Step
from fleet.cars import words
from fleet.cars.models import Car, CarState
from fleet.lots.models import Lot
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import NOBODY, Driver
from portal.account.models import Plan
from portal.account.needs.queries import needs_of
from portal.billing.words import shown
from portal.web import say
from portal.web.limits import limiter
from portal.web.page import ANYONE, page, page_facts, stopped_by_fields
from portal.web.shell import adapters
from reservations.booking.queries import bookable_car, my_booking_of
from reservations.favourites.forms import StarForm
from reservations.favourites.queries import Starred, starred_by
from reservations.search.car_week import car_week, read_days
from reservations.search.cards import Card, cards_of, next_words, state_words
from reservations.search.find import FoundCars, find_cars, offers_for
from reservations.search.forms import Search, read_search
from reservations.search.geocoding.online import PlaceFinderDown
from reservations.search.geocoding.port import Answer, Place
from reservations.search.nearby import Nearby
from reservations.search.next_free import next_free
from reservations.search.own_cars import OwnCars
from reservations.search.sketch import bay_sketch_of
from reservations.search.times import Times, default_span, query, read_times, typed
from reservations.trip.queries import known_marks

bp = Blueprint("search", __name__)
SHOWN = 24


@dataclass
class Found:
    """What the search page shows: where, when, what, or why not."""

    search: Search
    times: Times
    answer: Answer
    cars: FoundCars
    cards: list[Card]
    own: list[Card] = field(default_factory=list)  # the member's own cars at that time, while no place is asked for


@bp.get("/cars")
@page(Step.FIND_SEARCH, who=ANYONE)
@limiter.limit("120/minute")
@reading()
def cars() -> Any:
    """Search: a place and a time in, cars out, nearest first."""
    search = read_search(request.args)
    search.equip(_equipment())
    found = _find(search)
    broken = bool(search.errors or found.times.errors)
    _note_what_stopped(found)
    return render_template(
        "reservations/search/cars.html", found=found, search=search, times=found.times, place=found.answer.place,
        zone=say.CITY_ZONE, span=found.times.span, typed_start=_typed(search.start, found.times),
        typed_end=_typed(search.end, found.times, end=True), classes=_classes(), options=_options(),
        tiles_url=url_for("search.tiles"), boundary_url=url_for("search.boundary"),
        style_url=current_app.config["MAP_STYLE_URL"], here=_here, words=words, least=typed(now(), say.CITY_ZONE),
        centre=_centre(found.answer.place),
    ), 422 if broken else 200


def _find(search: Search) -> Found:
    times = read_times(search.start, search.end, zone=say.CITY_ZONE, now=now(), policies=policies_at(now()),
                       start_fold=search.start_fold, end_fold=search.end_fold)
    answer = _place(search)
    if answer.place is None or answer.outside or times.span is None or search.errors:
        own = _own(times.span) if not (search.asked or search.errors) else []
        return Found(search, times, answer, FoundCars([], 0, True), [], own)
    starred = _starred()
    found = find_cars(
        member=_member(), lat=answer.place.lat, lng=answer.place.lng, span=times.span, radius_m=search.radius_m,
        plan=_plan(), now=now(), filters=search.filters, max_price_cents=search.max_price_cents, view=search.view,
        confidence=answer.place.confidence, most=SHOWN, cheap=search.sort == "cheap", marked=starred)
    return Found(search, times, answer, found, cards_of(found.offers, times.span, now(), starred))


def _starred() -> Starred:
    member = _member()
    return starred_by(member.id) if member else Starred()


def _own(span: Span | None) -> list[Card]:
    """For somebody who has said when and not yet where: the cars they know."""
    member = _member()
    if member is None or span is None:
        return []
    offers = offers_for([Nearby(car, 0.0) for car in OwnCars(member.id).all()], span, member.plan, now(), _driver())
    return cards_of(offers, span, now(), starred_by(member.id))


def _note_what_stopped(found: Found) -> None:
    """A search that led to no cars, because of what was typed, is a refused step: somebody went away without."""
    search, times, answer = found.search, found.times, found.answer
    if answer.down:
        stopped_by_fields(["near"], PlaceFinderDown.code)
    elif search.errors or times.errors:
        stopped_by_fields(sorted({*search.errors, *times.errors}))
    elif answer.outside:
        stopped_by_fields(["near"], "outside_area")
    elif search.near and answer.place is None:
        stopped_by_fields(["near"], "unknown_place")


def _place(search: Search) -> Answer:
    finder = adapters().places
    if search.lat is not None and search.lng is not None:
        inside = adapters().boundary.contains(search.lat, search.lng)
        return Answer(replace(finder.name_of(search.lat, search.lng), lat=search.lat, lng=search.lng),
                      outside=not inside)
    if not search.near:
        return Answer()
    try:
        answer: Answer = finder.find(search.near)
    except PlaceFinderDown as down:
        search.errors["near"] = f"{down.says} {down.remedy}"
        return Answer(down=True)
    return answer


def _member() -> Any:
    return current_user.member if current_user.is_authenticated else None


def _equipment() -> tuple[str, ...]:
    """What a car must have for this member, as they told us."""
    member = _member()
    told = needs_of(member.id, adapters().seal) if member else None
    return told.equipment if told else ()


def _plan() -> str:
    """Visitors see the prices of the plan without a monthly fee: never less than they would pay."""
    member = _member()
    return member.plan if member else Plan.PAY_AS_YOU_GO


def _driver() -> Driver:
    """Members see what they would pay."""
    member = _member()
    return member.for_price if member else NOBODY


def _typed(text: str, times: Times, *, end: bool = False) -> str:
    if times.span is not None:
        return typed(times.span.end if end else times.span.start, say.CITY_ZONE)
    return text


def _centre(place: Place | None) -> tuple[float, float]:
    if place is not None:
        return place.lat, place.lng
    south, west, north, east = adapters().boundary.bbox
    return (south + north) / 2, (west + east) / 2


def _here(**changes: Any) -> str:
    """This search with something changed."""
    args: dict[str, Any] = {key: request.args.getlist(key) for key in request.args}
    return f"{url_for('search.cars')}?{_addressed({**args, **changes})}"


def _addressed(args: dict[str, Any]) -> str:
    """Address parameters, without those that are none. What a visitor put there must not steer `url_for`."""
    return urlencode({key: value for key, value in args.items() if value is not None}, doseq=True)


def _classes() -> list[tuple[str, str]]:
    return [(value, words.class_name(value)) for value in
            ("economy", "compact", "wagon", "suv", "van", "premium", "ev", "accessible")]


def _options() -> dict[str, list[tuple[str, str]]]:
    return {
        "fuel": [("gasoline", _("Gasoline")), ("hybrid", _("Hybrid")), ("electric", _("Electric"))],
        "feature": [(slug, words.feature_name(slug)) for slug in
                    ("bike-rack", "child-seat", "dog-friendly", "folding-seats", "awd", "toll-pass", "ramp",
                     "hand-controls", "left-foot")],
        "access": [("street", _("On the street")), ("garage", _("In a garage")), ("gated", _("Behind a gate")),
                   ("keybox", _("With a key box"))],
    }


@bp.get("/cars/<slug>")
@page(Step.FIND_CAR, who=ANYONE, whole=True)
def car(slug: str) -> Any:
    """One car: what it is, where it stands, when it is free, what it costs for the chosen time."""
    found = bookable_car(slug)
    page_facts(car_id=found.id, car_class=found.car_class, lot_id=found.lot_id)
    zone = found.lot.zone
    times = read_times(request.args.get("start", ""), request.args.get("end", ""), zone=zone, now=now(),
                       policies=policies_at(now()), start_fold=request.args.get("start_fold", ""),
                       end_fold=request.args.get("end_fold", ""))
    wish = times.span or default_span(now(), policies_at(now()))
    offer = offers_for([Nearby(found, 0.0)], wish, _plan(), now(), _driver())[0]
    span, free_next = offer.availability.span or wish, next_free([offer], wish, now()).get(found.id)
    member = _member()
    own = my_booking_of(member, found, wish) if member and not offer.can_be_had else None
    first, opened = read_days(request.args, wish, zone, now(), policies_at(now()))
    week = car_week(offer, wish, first=first, opened=opened, now=now(), policies=policies_at(now()))
    return render_template(
        "reservations/search/car.html", car=found, lot=found.lot, zone=zone, times=times, offer=offer, span=span,
        wish=wish, words=words, lines=[shown(line) for line in offer.quote.lines], marks=known_marks(found.id),
        state_words=state_words(offer, wish), week=week,
        book_url=url_for("booking.book_car", slug=found.slug, **query(span, zone)),
        typed_start=_kept("start", wish.start, zone, times), typed_end=_kept("end", wish.end, zone, times),
        sketch=bay_sketch_of(found), star=_star(found.id in _starred().cars), next_words=next_words,
        free_next=free_next, next_query=query(free_next, zone) if free_next else {}, own=own,
    ), 422 if times.errors else 200


def _star(on: bool) -> StarForm | None:
    """The form of a star, which turns it over; visitors have none."""
    return StarForm(formdata=None, data={"keep": "" if on else "1"}) if _member() else None


def _kept(name: str, wished: datetime, zone: ZoneInfo, times: Times) -> str:
    """What the field shows: the time wished for, or what was typed when that did not hold."""
    return (request.args.get(name, "") if times.errors else "") or typed(wished, zone)


@bp.get("/lots/<slug>")
@page(Step.LEARN_COVERAGE, who=ANYONE, whole=True)
def lot(slug: str) -> Any:
    """A lot: where it is, how to get in, and which cars live there."""
    found = db.session.scalar(select(Lot).where(Lot.slug == slug))
    if found is None:
        raise NotFound()
    page_facts(lot_id=found.id)
    cars_here = [Nearby(one, 0.0) for one in db.session.scalars(
        select(Car).where(Car.lot_id == found.id, Car.state != CarState.RETIRED).order_by(Car.name)).unique()]
    span = default_span(now(), policies_at(now()))
    offers = offers_for(cars_here, span, _plan(), now(), _driver())
    starred = _starred()
    return render_template("reservations/search/lot.html", lot=found, cards=cards_of(offers, span, now(), starred), span=span,
                           words=words, star=_star(found.id in starred.lots))


@bp.get("/map/boundary.geojson")
@page(who=ANYONE, exempt="the outline on the map is part of the page that draws it")
def boundary() -> Response:
    """Where we serve."""
    return _public(send_file(_city_file("boundary.geojson"), mimetype="application/geo+json", conditional=True))


@bp.get("/map/tiles.pmtiles")
@page(who=ANYONE, exempt="map tiles are part of the page that draws them")
@limiter.exempt
def tiles() -> Response:
    """The city's tiles; browsers ask for the ranges they need."""
    return _public(send_file(_city_file(f"{current_app.config['CITY']}.pmtiles"),
                             mimetype="application/vnd.pmtiles", conditional=True))


def _city_file(name: str) -> Any:
    return ROOT / "cities" / current_app.config["CITY"] / name


def _public(response: Response) -> Response:
    response.cache_control.no_cache = None
    response.cache_control.public, response.cache_control.max_age = True, 3600
    return response
