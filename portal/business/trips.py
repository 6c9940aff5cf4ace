"""What an account pays for: trips with their driver, day, car and cost. Not where they went, and no word of anybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from core.database import db
from core.money import Money
from core.time import Span
from fleet.cars.models import Car
from portal.account.models import Member, User
from portal.billing.payers.models import CostCentre, PayerDriver
from portal.billing.payers.terms import Terms
from portal.billing.statements.queries import month_bounds, month_of
from reservations.booking.models import Reservation
from reservations.booking.within_limits import cost_of_trip, spent_between


@dataclass(frozen=True, slots=True)
class PaidTrip:
    """One trip as whoever pays sees it."""

    reference: str
    member_id: int
    driver: str
    starts_at: datetime
    ends_at: datetime
    status: str
    car: str
    car_class: str
    code: str | None
    cost_centre: str | None
    cents: int

    @property
    def span(self) -> Span:
        """When it is or was driven, as booked."""
        return Span(self.starts_at, self.ends_at)

    @property
    def cost(self) -> Money:
        """What it costs as it stands."""
        return Money(self.cents)


@dataclass(frozen=True, slots=True)
class PaidTrips:
    """The trips of an account that begin in a stretch of time, newest first; of one driver or cost centre when asked."""

    payer_id: int
    since: datetime
    until: datetime
    member_id: int | None = None
    cost_centre_id: int | None = None

    def _wanted(self) -> list[ColumnElement[bool]]:
        found = [Reservation.payer_id == self.payer_id, Reservation.starts_at >= self.since, Reservation.starts_at < self.until]
        if self.member_id is not None:
            found.append(Reservation.member_id == self.member_id)
        if self.cost_centre_id is not None:
            found.append(Reservation.cost_centre_id == self.cost_centre_id)
        return found

    def select(self) -> Select[*tuple[Any, ...]]:
        return (select(Reservation.reference, Reservation.member_id, User.name, Reservation.starts_at, Reservation.ends_at,
                       Reservation.status, Car.name, Car.car_class, CostCentre.code, CostCentre.name, cost_of_trip())
                .select_from(Reservation).join(Member, Member.id == Reservation.member_id)
                .join(User, User.id == Member.user_id).join(Car, Car.id == Reservation.car_id)
                .outerjoin(CostCentre, CostCentre.id == Reservation.cost_centre_id)
                .where(*self._wanted()).order_by(Reservation.starts_at.desc(), Reservation.id.desc()))

    def all(self, limit: int | None = None, offset: int = 0) -> list[PaidTrip]:
        return [PaidTrip(*(*row[:-1], int(row[-1]))) for row in db.session.execute(self.select().limit(limit).offset(offset))]

    def sums(self) -> tuple[int, Money]:
        """How many there are, and what they cost together."""
        row = db.session.execute(select(func.count(), func.coalesce(func.sum(cost_of_trip()), 0)).select_from(Reservation)
                                 .where(*self._wanted())).one()
        return int(row[0]), Money(int(row[1]))


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver on an account, with what their trips of this month cost."""

    member_id: int
    name: str
    status: str
    since: datetime
    terms: Terms
    spent: Money


def drivers_of(payer_id: int, now: datetime, member_ids: Sequence[int] = ()) -> list[Driver]:
    """The drivers on an account by name: all, or those asked for."""
    asked = (select(PayerDriver, User.name, Member.status).join(Member, Member.id == PayerDriver.member_id)
             .join(User, User.id == Member.user_id).where(PayerDriver.payer_id == payer_id).order_by(User.name, Member.id))
    if member_ids:
        asked = asked.where(PayerDriver.member_id.in_(member_ids))
    rows = db.session.execute(asked).all()
    since, until = month_bounds(month_of(now))
    spent = spent_between(payer_id, since, until, [row.PayerDriver.member_id for row in rows]) if rows else {}
    return [Driver(one.member_id, name, status, one.since, Terms.of(one), Money(spent.get(one.member_id, 0)))
            for one, name, status in rows]


def drivers_seen(payer_id: int) -> list[tuple[int, str]]:
    """Who drives on an account, or has booked on it, by name."""
    on_it = select(PayerDriver.member_id).where(PayerDriver.payer_id == payer_id)
    booked = select(Reservation.member_id).where(Reservation.payer_id == payer_id)
    return [(member_id, name) for member_id, name in db.session.execute(
        select(Member.id, User.name).join(User, User.id == Member.user_id)
        .where(Member.id.in_(on_it.union(booked))).order_by(User.name, Member.id))]
