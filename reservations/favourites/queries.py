"""Reads about favourites: what is starred, for marks on cards, and the cars and lots themselves."""

from dataclasses import dataclass

from sqlalchemy import bindparam, literal, select, union_all

from core.database import db
from fleet.cars.models import Car, CarState
from fleet.lots.models import Lot
from reservations.favourites.models import FavouriteCar, FavouriteLot

# Built once: every search of a member asks it.
_STARRED = union_all(
    select(literal("car"), FavouriteCar.car_id).where(FavouriteCar.member_id == bindparam("member")),
    select(literal("lot"), FavouriteLot.lot_id).where(FavouriteLot.member_id == bindparam("member")))


@dataclass(frozen=True, slots=True)
class Starred:
    """The ids of what a member has starred."""

    cars: frozenset[int] = frozenset()
    lots: frozenset[int] = frozenset()

    def __contains__(self, car: Car) -> bool:
        """Whether a car is a favourite, or lives at a lot that is one."""
        return car.id in self.cars or car.lot_id in self.lots


def starred_by(member_id: int) -> Starred:
    """What the member has starred, in one read."""
    rows = db.session.execute(_STARRED, {"member": member_id}).all()
    return Starred(frozenset(ref for kind, ref in rows if kind == "car"), frozenset(ref for kind, ref in rows if kind == "lot"))


@dataclass(frozen=True, slots=True)
class FavouriteCars:
    """The cars that a member has starred, the newest star first; retired ones are left out."""

    member_id: int

    def all(self) -> list[Car]:
        return list(db.session.scalars(
            select(Car).join(FavouriteCar, FavouriteCar.car_id == Car.id)
            .where(FavouriteCar.member_id == self.member_id, Car.state != CarState.RETIRED)
            .order_by(FavouriteCar.since.desc(), Car.name)).unique())


@dataclass(frozen=True, slots=True)
class FavouriteLots:
    """The lots that a member has starred, the newest star first."""

    member_id: int

    def all(self) -> list[Lot]:
        return list(db.session.scalars(
            select(Lot).join(FavouriteLot, FavouriteLot.lot_id == Lot.id)
            .where(FavouriteLot.member_id == self.member_id).order_by(FavouriteLot.since.desc(), Lot.name)))
