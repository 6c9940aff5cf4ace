"""The cars that staff took out of service, with the block that keeps each of them out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from core.database import db
from fleet.cars.models import Car
from fleet.cars.state import OUT_OF_SERVICE
from fleet.service.models import Block
from portal.account.models import User
from reservations.booking.models import Reservation, Status


@dataclass(frozen=True, slots=True)
class Out:
    """One car out of service: its block, who made it, and how many of its bookings are at risk."""

    car: Car
    block: Block | None
    by: str
    at_risk: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class OutOfService:
    """Every car out of service, the one that was due back first at the top."""

    now: datetime

    def all(self) -> list[Out]:
        at_risk = (
            select(func.count(Reservation.id))
            .where(Reservation.car_id == Car.id, Reservation.at_risk_since.is_not(None),
                   Reservation.status == Status.BOOKED, Reservation.ends_at > self.now)
            .correlate(Car).scalar_subquery())
        query = (
            select(Car, Block, User.name, at_risk)
            .outerjoin(Block, and_(Block.car_id == Car.id, Block.ended_at.is_(None)))
            .outerjoin(User, User.id == Block.by_user_id)
            .where(Car.state.in_(OUT_OF_SERVICE)).order_by(Block.until, Car.name))
        return [Out(car, block, name or "", count, block is None or block.until <= self.now)
                for car, block, name, count in db.session.execute(query).unique()]
