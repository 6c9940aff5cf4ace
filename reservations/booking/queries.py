"""A member's reservations, loaded only through who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import selectinload

from core.database import db
from core.refusal import NotFound
from core.time import Span
from experience.asks.around import CarAndDay
from experience.asks.say import TripFacts
from fleet.cars.models import Car, CarState
from portal.account.models import Member
from portal.billing.payers.models import Payer, PayerDriver
from reservations.booking.models import Reservation, Status

_BOOKABLE = select(Car).where(Car.slug == bindparam("slug"), Car.state != CarState.RETIRED)
_WHO_BOOKED = selectinload(Reservation.booked_by)  # in one read for a whole list


def my_reservation(member: Member, reference: str) -> Reservation:
    """The member's own reservation. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(
        select(Reservation).where(Reservation.reference == reference, Reservation.member_id == member.id))
    if found is None:
        raise NotFound()
    return found


def my_booking(member: Member, reference: str) -> Reservation:
    """The reservation that the member drives, or booked for another driver on the account that pays for it, as long as they
    are on it themselves. Raises NotFound, also for somebody else's.

    For looking, changing and cancelling; the car itself is asked by its driver alone, through my_reservation().
    """
    found = db.session.scalar(select(Reservation).where(Reservation.reference == reference, is_mine(member.id)))
    if found is None:
        raise NotFound()
    return found


def is_mine(member_id: int) -> ColumnElement[bool]:
    """What they drive, and what they booked for others on an account on which they are still (see also `booker_of()`)."""
    still = or_(exists().where(PayerDriver.member_id == member_id, PayerDriver.payer_id == Reservation.payer_id),
                exists().where(Payer.member_id == member_id, Payer.id == Reservation.payer_id))
    return or_(Reservation.member_id == member_id, and_(Reservation.booked_by_id == member_id, still))


def my_booking_of(member: Member, car: Car, span: Span) -> Reservation | None:
    """The member's own open booking of this car that takes some of the span, if there is one."""
    return db.session.scalars(
        select(Reservation)
        .where(Reservation.member_id == member.id, Reservation.car_id == car.id,
               Reservation.status.in_((Status.BOOKED, Status.DRIVING)),
               Reservation.starts_at < span.end, Reservation.ends_at > span.start)
        .order_by(Reservation.starts_at).limit(1)).first()


def is_for_its_start(reservation: Reservation, facts: Mapping[str, Any]) -> bool:
    """Whether a job is for the start that the booking has now: one of before a change has nothing to do any more."""
    return bool(facts.get("starts_at", reservation.starts_at.isoformat()) == reservation.starts_at.isoformat())


def load_locked(reservation: Reservation) -> None:
    """Load its own columns again and keep it from other hands until the transaction ends. Its car follows."""
    columns = Reservation.__mapper__.column_attrs.keys()
    known: Car | None = reservation.__dict__.get("car")
    db.session.refresh(reservation, columns, with_for_update={"of": Reservation, "key_share": True})
    if known is not None and known.id != reservation.car_id:
        db.session.expire(reservation, ["car"])


def bookable_car(slug: str) -> Car:
    """A car that is not retired. Raises NotFound."""
    car: Car | None = db.session.scalar(_BOOKABLE, {"slug": slug})
    if car is None:
        raise NotFound()
    return car


@dataclass(frozen=True, slots=True)
class UpcomingTrips:
    """What a member has ahead or is on now, soonest first. A trip that is late stays on. `for_others`: also what they booked
    for other drivers."""

    member_id: int
    for_others: bool = False

    def select(self) -> Select[tuple[Reservation]]:
        whose = is_mine(self.member_id) if self.for_others else Reservation.member_id == self.member_id
        return (select(Reservation)
                .where(whose, Reservation.status.in_((Status.BOOKED, Status.DRIVING)))
                .order_by(Reservation.starts_at).options(_WHO_BOOKED))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))


@dataclass(frozen=True, slots=True)
class PastTrips:
    """What a member has behind them, newest first, `limit` at a time from before `before`. `for_others`: also what they booked
    for other drivers."""

    member_id: int
    before: datetime | None = None
    limit: int = 20
    for_others: bool = False

    def select(self) -> Select[tuple[Reservation]]:
        whose = is_mine(self.member_id) if self.for_others else Reservation.member_id == self.member_id
        query = select(Reservation).where(
            whose, Reservation.status.not_in((Status.BOOKED, Status.DRIVING)))
        if self.before is not None:
            query = query.where(Reservation.starts_at < self.before)
        return query.order_by(Reservation.starts_at.desc()).limit(self.limit).options(_WHO_BOOKED)

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))


def trip_facts(member_id: int, reference: str) -> TripFacts | None:
    """What a note on a step may carry of the member's own trip; None for somebody else's."""
    row = db.session.execute(
        select(Reservation.id, Reservation.car_id, Car.car_class, Reservation.lot_id, Member.plan)
        .join(Car, Car.id == Reservation.car_id).join(Member, Member.id == Reservation.member_id)
        .where(Reservation.reference == reference, Reservation.member_id == member_id)).first()
    return TripFacts(*row) if row else None


def facts_of_trip(member_id: int, reservation_id: int) -> TripFacts | None:
    """The same by the reservation's id."""
    row = db.session.execute(
        select(Reservation.id, Reservation.car_id, Car.car_class, Reservation.lot_id, Member.plan)
        .join(Car, Car.id == Reservation.car_id).join(Member, Member.id == Reservation.member_id)
        .where(Reservation.id == reservation_id, Reservation.member_id == member_id)).first()
    return TripFacts(*row) if row else None


def car_and_day(member_id: int, reservation_id: int) -> CarAndDay | None:
    """What the member knows their own trip by; None for somebody else's."""
    found = db.session.scalar(select(Reservation).where(Reservation.id == reservation_id, Reservation.member_id == member_id))
    return CarAndDay(found.car.name, found.starts_at, found.car.lot.zone) if found else None


def is_driving(member_id: int) -> bool:
    """Whether the member has a car out."""
    return db.session.scalar(select(Reservation.id).where(
        Reservation.member_id == member_id, Reservation.status == Status.DRIVING).limit(1)) is not None


def is_first_booking(member_id: int, reservation_id: int) -> bool:
    """Whether this is the first that the member ever booked."""
    return db.session.scalar(select(Reservation.id).where(
        Reservation.member_id == member_id, Reservation.id < reservation_id).limit(1)) is None


AT_THE_CAR = timedelta(minutes=30)


def is_at_the_car(member_id: int, now: datetime) -> bool:
    """Whether a booked trip begins within half an hour, or has begun and waits for its driver."""
    return db.session.scalar(select(Reservation.id).where(
        Reservation.member_id == member_id, Reservation.status == Status.BOOKED,
        Reservation.starts_at <= now + AT_THE_CAR, Reservation.ends_at > now).limit(1)) is not None


def who_drives() -> frozenset[int]:
    """Every member who has a car out."""
    return frozenset(db.session.scalars(select(Reservation.member_id).where(Reservation.status == Status.DRIVING)))


def who_is_at_the_car(now: datetime) -> frozenset[int]:
    """Every member whose booked trip begins within half an hour, or has begun and waits for its driver."""
    return frozenset(db.session.scalars(select(Reservation.member_id).where(
        Reservation.status == Status.BOOKED, Reservation.starts_at <= now + AT_THE_CAR, Reservation.ends_at > now)))
