"""The sketch of the bays around a car."""

from dataclasses import dataclass

from sqlalchemy import select

from core.database import db
from fleet.cars.models import Car, CarState

MOST = 6


@dataclass(frozen=True, slots=True)
class SketchedBay:
    """A bay as the sketch draws it, with the car that lives there."""

    number: int
    car: Car | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """Three to six bays from left to right, and which one is yours."""

    bays: list[SketchedBay]
    mine: int


def bay_sketch_of(car: Car) -> Sketch:
    """The bays on the car's level, six at most around its own."""
    bays = [bay for bay in car.lot.bays if bay.level == car.bay.level]
    at = [bay.id for bay in bays].index(car.bay_id)
    first = max(0, min(at - 2, len(bays) - MOST))
    near = bays[first:first + MOST]
    living = {one.bay_id: one for one in db.session.scalars(
        select(Car).where(Car.bay_id.in_([bay.id for bay in near]), Car.state != CarState.RETIRED)).unique()}
    return Sketch([SketchedBay(bay.number, living.get(bay.id)) for bay in near], car.bay.number)
