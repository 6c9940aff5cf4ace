"""`/coverage`: where cars are. Only lots in service: those where at least one car is not taken off the road."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, render_template, request, url_for
from sqlalchemy import func, select

from core.database import db, reading
from experience.journey import Step
from fleet.cars import words
from fleet.cars.models import Car, CarModel, CarState
from fleet.lots.models import Lot
from portal.site.blueprint import bp
from portal.web.limits import limiter
from portal.web.page import ANYONE, page
from portal.web.shell import adapters


@dataclass
class Place:
    """A lot in service with the cars that live there: how many, of which classes, and one of them to draw."""

    lot: Lot
    body: str
    paint: str
    classes: Counter[str] = field(default_factory=Counter)

    @property
    def cars(self) -> int:
        return self.classes.total()


@dataclass
class Neighbourhood:
    """The lots of one part of the city, and its cars by class."""

    name: str
    places: list[Place] = field(default_factory=list)

    @property
    def classes(self) -> Counter[str]:
        return sum((place.classes for place in self.places), Counter())

    @property
    def cars(self) -> int:
        return self.classes.total()


@bp.get("/coverage")
@page(Step.LEARN_COVERAGE, who=ANYONE, whole=True)
@limiter.limit("60/minute")
@reading()
def coverage() -> Any:
    """The lots on the map and in a list beside it, by neighbourhood, with the number of cars and their classes."""
    south, west, north, east = adapters().boundary.bbox
    found = in_service()
    return render_template(
        "portal/site/coverage.html", found=found, words=words, view="map" if request.args.get("view") == "map" else "list",
        cars=sum(each.cars for each in found), lots=sum(len(each.places) for each in found),
        centre=((south + north) / 2, (west + east) / 2), tiles_url=url_for("search.tiles"),
        boundary_url=url_for("search.boundary"), style_url=current_app.config["MAP_STYLE_URL"])


def in_service() -> list[Neighbourhood]:
    """Every neighbourhood with a lot in service, by name; its lots by name. Cars that were sold do not count, those that are at
    the workshop do, as long as another one of the lot can be driven."""
    running = func.sum(func.coalesce((Car.state == CarState.AVAILABLE).cast(db.Integer), 0)).over(partition_by=Car.lot_id)
    rows = db.session.execute(
        select(Lot, CarModel.car_class, CarModel.body, Car.paint, running.label("running"))
        .join(Car, Car.lot_id == Lot.id).join(CarModel, CarModel.id == Car.model_id)
        .where(Car.state != CarState.RETIRED).order_by(Lot.neighbourhood, Lot.name, Lot.id, Car.id))
    found: dict[str, Neighbourhood] = {}
    for lot, car_class, body, paint, can_be_driven in rows:
        if not can_be_driven:
            continue
        here = found.setdefault(lot.neighbourhood, Neighbourhood(lot.neighbourhood))
        if not here.places or here.places[-1].lot is not lot:
            here.places.append(Place(lot, body, paint))
        here.places[-1].classes[car_class] += 1
    return list(found.values())
