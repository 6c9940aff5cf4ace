"""What everyone sees: home, how it works, prices, privacy, and the style guide while developing."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask_login import current_user
from sqlalchemy import func, select, text

from core.database import db
from core.refusal import NotFound
from core.time import Span, now
from experience.journey import Step
from fleet.cars import words
from fleet.cars.models import Car, CarState
from fleet.lots.models import Lot
from fleet.tariffs.in_force import policies_at, rates_at
from portal.account.models import Member, Plan
from portal.billing.words import plan_name
from portal.site.forms import sample_form
from portal.web import say
from portal.web.page import ANYONE, page
from reservations.booking.recent import RecentTrips
from reservations.favourites.queries import FavouriteCars
from reservations.search.cards import card
from reservations.search.find import offers_for
from reservations.search.forms import Search
from reservations.search.nearby import NearbyCars
from reservations.search.times import Times, default_span, typed
from reservations.trip.queries import trip_on_now

bp = Blueprint("site", __name__)


@bp.get("/")
@page(Step.LEARN_HOME, who=ANYONE, whole=True)
def home() -> Any:
    """A search form and a street of cars; for members also the next trip and "book again"."""
    span = default_span(now(), policies_at(now()))
    member = current_user.member if current_user.is_authenticated else None
    return render_template(
        "portal/site/home.html", search=Search(), times=Times(span, {}, {}), typed_start=typed(span.start, say.CITY_ZONE),
        typed_end=typed(span.end, say.CITY_ZONE), least=typed(now(), say.CITY_ZONE), span=span, member=member,
        on_now=trip_on_now(member, now()) if member else None, past=RecentTrips(member.id).all() if member else [],
        favourites=FavouriteCars(member.id).all()[:3] if member else [],
        cards=_near_the_middle(span, member), counts=_counts(), zone=say.CITY_ZONE)


def _near_the_middle(span: Span, member: Member | None) -> list[Any]:
    """Three cars near the station that most lots are close to, as an example of what a search shows."""
    lot = db.session.scalars(select(Lot).where(Lot.access == "street").order_by(Lot.slug).limit(1)).first()
    if lot is None:
        return []
    plan, born_on = (member.plan, member.born_on) if member else (Plan.PAY_AS_YOU_GO, None)
    offers = offers_for(NearbyCars(lot.lat, lot.lng, 1500, most=12).all(), span, plan, now(), born_on)
    return [card(offer, span) for offer in offers if offer.can_be_had][:3]


def _counts() -> dict[str, int]:
    cars = db.session.scalar(select(func.count()).select_from(Car).where(Car.state != CarState.RETIRED))
    lots = db.session.scalar(select(func.count()).select_from(Lot))
    return {"cars": cars or 0, "lots": lots or 0}


@bp.get("/how-it-works")
@page(Step.LEARN_COVERAGE, who=ANYONE, whole=True)
def how_it_works() -> Any:
    """Six steps, from finding a car to the receipt."""
    return render_template("portal/site/how_it_works.html", policies=policies_at(now()))


@bp.get("/pricing")
@page(Step.LEARN_ESTIMATE, who=ANYONE, whole=True)
def pricing() -> Any:
    """Every rate in force today, read from the tariffs that bookings use."""
    plans = [(plan, rates_at(now(), plan)) for plan in Plan]
    miles = min(rate.included_miles for _plan, rates in plans for rate in rates.values())
    nights = {(rate.night_from, rate.night_until) for _plan, rates in plans for rate in rates.values()}
    return render_template("portal/site/pricing.html", plans=plans, policies=policies_at(now()), words=words,
                           plan_name=plan_name, miles=miles, night=nights.pop() if len(nights) == 1 else None)


@bp.get("/privacy")
@page(who=ANYONE, exempt="reading about privacy is not observed")
def privacy() -> Any:
    """What we keep, why, and for how long."""
    return render_template("portal/site/privacy.html")


@bp.get("/styleguide")
@page(who=ANYONE, exempt="for the people who build the site, and not open in production")
def styleguide() -> Any:
    """Every macro in every state. Not in production."""
    if current_app.config["APP_ENV"] == "production":
        raise NotFound()
    return render_template("styleguide.html", form=sample_form())


@bp.get("/healthz")
@page(who=ANYONE, exempt="machines ask whether the site answers, and nobody sees it")
def healthz() -> Any:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@page(who=ANYONE, exempt="machines ask whether the site answers, and nobody sees it")
def readyz() -> Any:
    """The process answers and so does its database."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ready"}


@bp.get("/favicon.ico")
@page(who=ANYONE, exempt="browsers ask for the icon by themselves")
def favicon() -> Any:
    """Where browsers look first."""
    return "", 302, {"Location": url_for("assets.file", version=current_app.extensions["assets"]["version"],
                                         path="img/favicon.svg")}
