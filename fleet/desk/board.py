"""The board: every car with what it is doing, who has it and who is next, in a fixed number of reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from core.database import db
from fleet.cars.needs import Need, Watch, needs
from fleet.cars.queries import CarNow, CarsNow
from fleet.cars.state import OUT_OF_SERVICE, Facts, ShownState, shown_state
from fleet.service.models import Block
from fleet.service.queries import OpenBlocks
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, User
from reservations.booking.models import Reservation, Status
from reservations.trip.models import Trip


@dataclass(frozen=True, slots=True)
class Driver:
    """Who has a car, and when it is due back."""

    name: str
    due_back: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """Who comes next, and when."""

    name: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One car on the board."""

    car: CarNow
    state: ShownState
    needs: tuple[Need, ...]
    low: bool
    at_risk: int
    driver: Driver | None
    next: Next | None
    block: Block | None

    @property
    def out(self) -> bool:
        """Whether staff took it out of service, also while its last trip still runs."""
        return self.car.decided in OUT_OF_SERVICE


@dataclass(frozen=True, slots=True)
class Board:
    """Every car as it is now."""

    now: datetime

    def rows(self) -> list[Row]:
        """Six reads, however many cars; by name."""
        drivers, coming, risks = _drivers(), _coming(self.now), _at_risk(self.now)
        blocks = {block.car_id: block for block in OpenBlocks().all()}
        low_under = policies_at(self.now)["low_energy"].value
        return [
            _row(car, drivers.get(car.id), coming.get(car.id), blocks.get(car.id), risks.get(car.id, 0), low_under,
                 self.now)
            for car in CarsNow().all()
        ]


def _row(car: CarNow, driver: Driver | None, coming: Next | None, block: Block | None, at_risk: int,
         low_under: int, now: datetime) -> Row:
    next_start = coming.starts_at if coming else None
    low = car.energy_percent is not None and car.energy_percent < low_under
    state = shown_state(Facts(
        decided=car.decided, online=car.online, plugged_in=car.heard is not None and car.heard.plugged_in,
        due_back=driver.due_back if driver else None, next_start=next_start), now)
    reasons = needs(Watch(
        state=state, decided=car.decided, online=car.online, locked=car.heard is None or car.heard.locked,
        away=car.away, low=low, at_risk=at_risk, block_until=block.until if block else None,
        next_start=next_start), now)
    return Row(car, state, reasons, low, at_risk, driver, coming, block)


def _drivers() -> dict[int, Driver]:
    query = (
        select(Trip.car_id, User.name, Reservation.ends_at)
        .join(Reservation, Reservation.id == Trip.reservation_id)
        .join(Member, Member.id == Reservation.member_id).join(User, User.id == Member.user_id)
        .where(Trip.ended_at.is_(None)))
    return {car_id: Driver(*rest) for car_id, *rest in db.session.execute(query)}


def _coming(now: datetime) -> dict[int, Next]:
    ahead = and_(Reservation.status == Status.BOOKED, Reservation.ends_at > now)
    first = (select(Reservation.car_id, func.min(Reservation.starts_at).label("starts_at"))
             .where(ahead).group_by(Reservation.car_id).subquery())
    query = (
        select(Reservation.car_id, User.name, Reservation.starts_at)
        .join(first, and_(first.c.car_id == Reservation.car_id, first.c.starts_at == Reservation.starts_at))
        .join(Member, Member.id == Reservation.member_id).join(User, User.id == Member.user_id)
        .where(ahead))
    return {car_id: Next(*rest) for car_id, *rest in db.session.execute(query)}


def _at_risk(now: datetime) -> dict[int, int]:
    query = (
        select(Reservation.car_id, func.count())
        .where(Reservation.at_risk_since.is_not(None), Reservation.status == Status.BOOKED, Reservation.ends_at > now)
        .group_by(Reservation.car_id))
    return {car_id: count for car_id, count in db.session.execute(query)}


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts over the board; each opens into its rows."""

    cars: int
    need: int
    in_use: int
    bookings_today: int
    low: int
    offline: int
    out: int


def figures(rows: Sequence[Row], bookings_today: int) -> Figures:
    """Count what the links under the figures list."""
    return Figures(
        cars=len(rows), need=sum(bool(row.needs) for row in rows),
        in_use=sum(row.driver is not None for row in rows), bookings_today=bookings_today,
        low=sum(row.low for row in rows), offline=sum(not row.car.online for row in rows),
        out=sum(row.out for row in rows))
