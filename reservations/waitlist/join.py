"""Joining the line for a car, or for any car of a class around a place."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.time import Span
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.web import say
from reservations.booking.errors import BadSpan, LicenceEnds, MayNotDrive, YoursAlready, licence_ends_before
from reservations.booking.queries import my_booking_of
from reservations.search.times import span_errors
from reservations.waitlist.errors import TooManyWaits
from reservations.waitlist.models import Wait, WaitState
from reservations.waitlist.promise import promise_to_tell
from reservations.waitlist.queries import count_waits


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for: one car, or any (of a class, when it says one) within metres of a point; and when."""

    span: Span
    car: Car | None = None
    car_class: str | None = None
    lat: float | None = None
    lng: float | None = None
    within_m: int | None = None


def join_waitlist(*, member: Member, wish: Wish, once: str, now: datetime) -> Wait:
    """Join the end of the line and return one's place in it. The same wish, or the same form, is one place.

    Raises MayNotDrive, LicenceEnds, BadSpan, TooManyWaits (policy `waits_most`), and YoursAlready for a car that the member's
    own booking takes.
    """
    with observe(Step.BOOK_WAITLIST, member=member) as seen, transaction():
        db.session.refresh(member, with_for_update={"of": Member})  # nobody joins from two windows at once
        again = _joined_already(member, wish, once)
        if again is not None:
            seen.was_repeated()
            return again
        if wish.car is not None:
            seen.note(car_id=wish.car.id, car_class=wish.car.car_class, lot_id=wish.car.lot_id)
        _check(member, wish, now)
        wait = Wait(id=new_id(), member_id=member.id, car_id=wish.car.id if wish.car else None, car_class=wish.car_class,
                    lat=wish.lat, lng=wish.lng, within_m=wish.within_m, starts_at=wish.span.start, ends_at=wish.span.end,
                    state=WaitState.WAITING, joined_at=now, once=once)
        db.session.add(wait)
        db.session.flush()
        promise_to_tell(wait, now)
        post("wait_look", member_id=member.id, due=now, wait_id=str(wait.id))  # it may have become free just before
        post("wait_over", member_id=member.id, due=wait.starts_at, wait_id=str(wait.id))
    return wait


def _joined_already(member: Member, wish: Wish, once: str) -> Wait | None:
    what = (Wait.car_id == wish.car.id) if wish.car else (  # a class that is None is any
        (Wait.car_class == wish.car_class) & (Wait.lat == wish.lat) & (Wait.lng == wish.lng)
        & (Wait.within_m == wish.within_m))
    same = Wait.ended_at.is_(None) & (Wait.starts_at == wish.span.start) & (Wait.ends_at == wish.span.end) & what
    return db.session.scalars(select(Wait).where(Wait.member_id == member.id, (Wait.once == once) | same)
                              .order_by(Wait.joined_at.desc()).limit(1)).first()


def _check(member: Member, wish: Wish, now: datetime) -> None:
    if not member.may_drive:
        raise MayNotDrive(member_id=member.id)
    policies, zone = policies_at(now), wish.car.lot.zone if wish.car else say.CITY_ZONE
    if licence_ends_before(member, wish.span, zone):
        raise LicenceEnds(member)
    errors = span_errors(wish.span.start, wish.span.end, zone=zone, now=now, policies=policies)
    if wish.span.start <= now and not errors:
        errors = {"start": _("That time has begun. Wait for one that is still ahead.")}
    if errors:
        raise BadSpan(errors)
    own = my_booking_of(member, wish.car, wish.span) if wish.car else None
    if own is not None:
        raise YoursAlready(own)
    if count_waits(member.id) >= policies["waits_most"].value:
        raise TooManyWaits(member_id=member.id)
