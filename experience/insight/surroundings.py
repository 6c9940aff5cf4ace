"""What is known around an event, by id: cars, lots, members and trips. Four queries for any number of rows."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.database import db
from experience.record.models import Identity
from fleet.cars.models import Car, CarModel
from fleet.lots.models import Lot
from portal.account.models import Member
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation

AROUND = timedelta(days=60)  # how long after its end a trip is still talked of: bills, disputes, cases


@dataclass(frozen=True, slots=True)
class CarKnown:
    name: str
    car_class: str
    model: str
    fuel: str
    lot_id: int


@dataclass(frozen=True, slots=True)
class LotKnown:
    name: str
    area: str
    access: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class MemberKnown:
    plan: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class TripKnown:
    member_id: int
    car_id: int
    lot_id: int
    starts_at: datetime
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Members and trips are found by their number and by their random id."""

    cars: dict[int, CarKnown]
    lots: dict[int, LotKnown]
    members: dict[Hashable, MemberKnown]
    trips: dict[Hashable, TripKnown]

    def zone(self, lot_id: int | None) -> ZoneInfo:
        lot = self.lots.get(lot_id) if lot_id is not None else None
        return lot.zone if lot else CITY_ZONE


def surroundings(since: datetime) -> Surroundings:
    """Everything that events since that moment may be about."""
    cars = {row.id: CarKnown(row.name, row.car_class, f"{row.make} {row.model}", row.fuel, row.lot_id)
            for row in db.session.execute(select(Car.id, Car.name, Car.car_class, CarModel.make, CarModel.model, CarModel.fuel,
                                                 Car.lot_id).join(CarModel, CarModel.id == Car.model_id))}
    zones: dict[str, ZoneInfo] = {}
    lots = {row.id: LotKnown(row.name, row.neighbourhood, row.access, zones.setdefault(row.timezone, ZoneInfo(row.timezone)))
            for row in db.session.execute(select(Lot.id, Lot.name, Lot.neighbourhood, Lot.access, Lot.timezone))}
    members: dict[Hashable, MemberKnown] = {}
    for member_id, plan, joined_at, pid in db.session.execute(
            select(Member.id, Member.plan, Member.joined_at, Identity.pid)
            .outerjoin(Identity, (Identity.kind == "member") & (Identity.ref == Member.id))):
        members[member_id] = members[pid] = MemberKnown(plan, joined_at)
    trips: dict[Hashable, TripKnown] = {}
    for trip_id, pid, *known in db.session.execute(
            select(Reservation.id, Identity.pid, Reservation.member_id, Reservation.car_id, Reservation.lot_id,
                   Reservation.starts_at, Reservation.booked_at)
            .outerjoin(Identity, (Identity.kind == "trip") & (Identity.ref == Reservation.id))
            .where(Reservation.ends_at >= since - AROUND)):
        trips[trip_id] = trips[str(pid)] = TripKnown(*known)
    return Surroundings(cars, lots, members, trips)

