"""Who waits: a member's own waits, the line for a car, and a member's place in it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select

from core.database import db
from core.refusal import NotFound
from core.time import Span
from fleet.cars.models import Car
from fleet.cars.where import metres_apart
from portal.account.models import Member
from reservations.booking.errors import licence_ends_before
from reservations.search.nearby import LOOKED_AT, Filters, NearbyCars
from reservations.waitlist.models import OfferState, Wait, WaitOffer


def my_wait(member: Member, wait_id: UUID) -> Wait:
    """The member's own wait. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(select(Wait).where(Wait.id == wait_id, Wait.member_id == member.id))
    if found is None:
        raise NotFound()
    return found


def waits_of(member_id: int) -> list[Wait]:
    """What a member waits for, the soonest first."""
    return list(db.session.scalars(
        select(Wait).where(Wait.member_id == member_id, Wait.ended_at.is_(None)).order_by(Wait.starts_at, Wait.id)))


def count_waits(member_id: int) -> int:
    """For how many things a member waits now."""
    return db.session.scalar(select(func.count()).where(Wait.member_id == member_id, Wait.ended_at.is_(None))) or 0


def open_offer_of(wait: Wait) -> WaitOffer | None:
    """What is held for them now, if anything is."""
    return db.session.scalar(select(WaitOffer).where(WaitOffer.wait_id == wait.id, WaitOffer.state == OfferState.OPEN))


def last_offer_of(wait: Wait) -> WaitOffer | None:
    """What was offered last, whatever became of it."""
    return db.session.scalars(
        select(WaitOffer).where(WaitOffer.wait_id == wait.id).order_by(WaitOffer.id.desc()).limit(1)).first()


def in_line(car: Car, freed: Span, now: datetime) -> list[Wait]:
    """Who may be offered time of this car that has become free, in the order in which they joined: whoever wishes for some
    of it, may drive until its end, has no other offer open and was not offered this car before.
    """
    offered = exists().where(WaitOffer.wait_id == Wait.id,
                             or_(WaitOffer.state == OfferState.OPEN, WaitOffer.car_id == car.id))
    found = db.session.scalars(_wishing([car], freed).where(Wait.starts_at > now, ~offered))
    return [wait for wait in found if wait.member.may_drive and fits(wait, car)
            and not licence_ends_before(wait.member, wait.span, car.lot.zone)]


def place_in_line(wait: Wait) -> int:
    """1 for whoever is next: how many joined before and wish for some of the same time of a car that would do for this wait,
    and one."""
    cars = cars_for(wait)
    before = db.session.scalars(_wishing(cars, wait.span).where(
        Wait.id != wait.id, or_(Wait.joined_at < wait.joined_at, (Wait.joined_at == wait.joined_at) & (Wait.id < wait.id))))
    return 1 + sum(any(fits(other, car) for car in cars) for other in before)


def fits(wait: Wait, car: Car) -> bool:
    """Whether a car is what a wait is for: the very one, or one of the class within the distance."""
    if wait.car_id is not None:
        return car.id == wait.car_id
    assert wait.lat is not None
    assert wait.lng is not None
    assert wait.within_m is not None
    return (wait.car_class in (None, car.car_class)
            and metres_apart(wait.lat, wait.lng, car.lat, car.lng) <= wait.within_m)


def cars_for(wait: Wait) -> list[Car]:
    """The cars that would do, the nearest first: no more than a search looks at."""
    if wait.car is not None:
        return [wait.car]
    assert wait.lat is not None
    assert wait.lng is not None
    assert wait.within_m is not None
    classes = (wait.car_class,) if wait.car_class else ()
    return [near.car for near in NearbyCars(
        wait.lat, wait.lng, float(wait.within_m), Filters(car_classes=classes), LOOKED_AT).all()]


def _wishing(cars: Sequence[Car], span: Span) -> Select[tuple[Wait]]:
    """Open waits for some of this time, for one of the cars or around a place, in the order in which they joined."""
    return select(Wait).where(
        Wait.ended_at.is_(None), Wait.starts_at < span.end, Wait.ends_at > span.start,
        or_(Wait.car_id.is_(None), Wait.car_id.in_([car.id for car in cars]))).order_by(Wait.joined_at, Wait.id)
