"""`/`: for visitors what it is, a search and what it costs; for members the next trip, what is open, and the cars they know."""

from datetime import datetime
from typing import Any

from flask import render_template
from flask_login import current_user
from sqlalchemy import func, select

from core.database import db
from core.time import Span, now
from experience.journey import Step
from fleet.cars.models import Car, CarState
from fleet.cars.words import class_name
from fleet.lots.models import Lot
from fleet.tariffs.in_force import policies_at, rates_at
from fleet.tariffs.quote import NOBODY
from portal.account.models import Member, Plan
from portal.site.blueprint import bp
from portal.site.estimate import Trips, price
from portal.site.matters import next_trip, open_matters
from portal.web import say
from portal.web.page import ANYONE, page
from reservations.booking.recent import RecentTrips
from reservations.favourites.queries import FavouriteCars
from reservations.search.cards import card
from reservations.search.find import offers_for
from reservations.search.forms import Search
from reservations.search.nearby import NearbyCars
from reservations.search.times import Times, default_span, typed

ERRAND = Trips("weekday", 1, 120, 10)  # the example of a price: two hours on a weekday


@bp.get("/")
@page(Step.LEARN_HOME, who=ANYONE, whole=True)
def home() -> Any:
    """A search form and cars that are free, under what this person needs to see first."""
    at = now()
    span = default_span(at, policies_at(at))
    member = current_user.member if current_user.is_authenticated else None
    past = RecentTrips(member.id).all() if member else []
    lot = past[0].car.lot if past else _middle()
    return render_template(
        "portal/site/home.html", search=Search(), times=Times(span, {}, {}), typed_start=typed(span.start, say.CITY_ZONE),
        typed_end=typed(span.end, say.CITY_ZONE), least=typed(at, say.CITY_ZONE), member=member, past=past, lot=lot, span=span,
        favourites=FavouriteCars(member.id).all()[:3] if member else [], next=next_trip(member, at) if member else None,
        matters=open_matters(member, at) if member else [], cards=_near(lot, span, member) if lot else [], zone=say.CITY_ZONE,
        **({} if member else {"counts": _counts(), "prices": _prices(at), "policies": policies_at(at)}))


def _middle() -> Lot | None:
    """A lot on the street, as an example of where a search might be."""
    return db.session.scalars(select(Lot).where(Lot.access == "street").order_by(Lot.slug).limit(1)).first()


def _near(lot: Lot, span: Span, member: Member | None) -> list[Any]:
    """Three cars near a lot that can be had, as a search would show them to this person."""
    plan, driver = (member.plan, member.for_price) if member else (Plan.PAY_AS_YOU_GO, NOBODY)
    offers = offers_for(NearbyCars(lot.lat, lot.lng, 1500, most=12).all(), span, plan, now(), driver)
    return [card(offer, span) for offer in offers if offer.can_be_had][:3]


def _counts() -> dict[str, int]:
    cars = db.session.scalar(select(func.count()).select_from(Car).where(Car.state != CarState.RETIRED))
    lots = db.session.scalar(select(func.count()).select_from(Lot))
    return {"cars": cars or 0, "lots": lots or 0}


def _prices(at: datetime) -> dict[str, Any] | None:
    """From what a visitor's prices begin: on the plan without a monthly fee, of the class that is cheapest by day, and an
    errand in full. None while no tariff is in force."""
    rates = rates_at(at, Plan.PAY_AS_YOU_GO)
    if not rates:
        return None
    cheapest = min(rates.values(), key=lambda rate: (rate.weekday_hour, rate.car_class))
    return {"hour": cheapest.weekday_hour, "night": min(rate.night_hour for rate in rates.values()),
            "day": cheapest.weekday_day, "car_class": class_name(cheapest.car_class), "errand_minutes": ERRAND.minutes,
            "included": cheapest.included_miles,
            "errand": price(ERRAND, cheapest, policies_at(at), say.CITY_ZONE, at).each}
