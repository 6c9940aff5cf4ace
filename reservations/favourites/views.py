"""Stars on cars and lots, and the page of those that have one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from fleet.cars.models import Car
from fleet.lots.models import Lot
from fleet.tariffs.in_force import policies_at
from portal.web import say
from portal.web.page import MEMBERS, me, page, page_facts
from reservations.booking.queries import bookable_car
from reservations.favourites.forms import StarForm
from reservations.favourites.queries import FavouriteCars, FavouriteLots
from reservations.favourites.star import star
from reservations.favourites.unstar import unstar
from reservations.search.cards import cards_of
from reservations.search.find import offers_for
from reservations.search.nearby import Nearby
from reservations.search.times import default_span, read_times, typed

bp = Blueprint("favourites", __name__)


@bp.get("/account/favorites")
@page(Step.FIND_AVAILABILITY, who=MEMBERS, whole=True)
def show() -> Any:
    """The member's cars for a time, and their lots."""
    times = read_times(request.args.get("start", ""), request.args.get("end", ""), zone=say.CITY_ZONE, now=now(),
                       policies=policies_at(now()), start_fold=request.args.get("start_fold", ""),
                       end_fold=request.args.get("end_fold", ""))
    wish = times.span or default_span(now(), policies_at(now()))
    offers = offers_for([Nearby(car, 0.0) for car in FavouriteCars(me().id).all()], wish, me().plan, now(), me().for_price)
    shown = {name: typed(at, say.CITY_ZONE) if times.span else request.args.get(name, "")
             for name, at in (("start", wish.start), ("end", wish.end))}
    return render_template(
        "reservations/favourites/show.html", cards=cards_of(offers, wish, now()), lots=FavouriteLots(me().id).all(), wish=wish,
        zone=say.CITY_ZONE, times=times, typed=shown, form=StarForm(formdata=None, data={"on": "list"}),
    ), 422 if times.errors else 200


@bp.post("/cars/<slug>/favorite")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def car(slug: str) -> Any:
    """Star a car, or take its star away."""
    found = bookable_car(slug)
    page_facts(car_id=found.id, car_class=found.car_class, lot_id=found.lot_id)
    return _marked(found, url_for("search.car", slug=slug))


@bp.post("/lots/<slug>/favorite")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def lot(slug: str) -> Any:
    """Star a lot, or take its star away."""
    found = db.session.scalar(select(Lot).where(Lot.slug == slug))
    if found is None:
        raise NotFound()
    page_facts(lot_id=found.id)
    return _marked(found, url_for("search.lot", slug=slug))


def _marked(thing: Car | Lot, back: str) -> Any:
    form = StarForm()
    if form.validate_on_submit():
        if form.keep.data:
            star(member=me(), thing=thing, now=now())
            flash(_("%(name)s is one of your favorites: it comes first when you search.", name=thing.name), "ok")
        else:
            unstar(member=me(), thing=thing)
            flash(_("%(name)s is no favorite any more.", name=thing.name), "ok")
    return redirect(url_for("favourites.show") if form.on.data == "list" else back)
