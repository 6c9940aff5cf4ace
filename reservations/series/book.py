"""Booking a series: all days on which the car can be had, each a reservation of its own; the others are reported."""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from fleet.calendar.hold import CarTaken
from fleet.cars.models import Car
from portal.account.models import Member
from reservations.booking.book import book
from reservations.booking.errors import BadSpan, CarStillOut
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.series.errors import NothingFree
from reservations.series.models import Series
from reservations.series.plan import Planned, plan_series
from reservations.series.rules import Repeats, Why


def book_series(*, member: Member, car: Car, wish: Repeats, waiver: Waiver, at: datetime, once: str, now: datetime,
                cost_centre_id: int | None = None) -> Series:
    """Book every day that can be had, at the rates of `at`, in one transaction, and have one letter confirm them all.

    The same form posted again gives the same series. Raises NoSeries, NothingFree, and what stops every booking of a member:
    MayNotDrive, CardFirst, BookingStopped, and what their account does not allow; then nothing is booked at all.
    `cost_centre_id` is one of the business's that pays, else their usual one.
    """
    with transaction():
        db.session.refresh(member, with_for_update={"of": Member})  # the same form twice at once: the second waits here
        again = db.session.scalar(select(Series).where(Series.member_id == member.id, Series.once == once))
        if again is not None:
            return again
        series = Series(id=new_id(), member_id=member.id, car_id=car.id, once=once, made_at=now, wish=wish.as_json(),
                        not_booked=[])
        db.session.add(series)
        db.session.flush()
        booked, missed = [], []
        for day in plan_series(member=member, car=car, wish=wish, waiver=waiver, at=at, now=now):
            made = _book(series, day, member, car, waiver, at, now, cost_centre_id) if day.price is not None else day.why
            (booked if isinstance(made, Reservation) else missed).append((day, made))
        if not booked:
            raise NothingFree([Why(why) for _day, why in missed if isinstance(why, str)], car_id=car.id)
        series.not_booked = [_missed(day, Why(why)) for day, why in missed if isinstance(why, str)]
        db.session.flush()
        post("series_confirmed", member_id=member.id, due=now, series_id=str(series.id),
             reservation_ids=[made.id for _day, made in booked if isinstance(made, Reservation)])
    return series


def _book(series: Series, day: Planned, member: Member, car: Car, waiver: Waiver, at: datetime, now: datetime,
          cost_centre_id: int | None) -> Reservation | Why:
    """One booking, or why somebody who was faster left none."""
    assert day.span is not None  # it has a price
    try:
        return book(member=member, car=car, offer=FrozenOffer(car.id, day.span, member.plan, at), waiver=waiver,
                    once=f"{series.once}-{day.day.isoformat()}", now=now, series_id=series.id,
                    cost_centre_id=cost_centre_id)
    except (CarTaken, CarStillOut):
        return Why.TAKEN
    except BadSpan:
        return Why.LENGTH


def _missed(day: Planned, why: Why) -> dict[str, str]:
    kept = {"day": day.day.isoformat(), "why": str(why)}
    return kept | ({"start": day.span.start.isoformat(), "end": day.span.end.isoformat()} if day.span else {})


def bookings_of(series: Series) -> list[Reservation]:
    """Every booking of a series, also what became of those that are over."""
    return list(db.session.scalars(
        select(Reservation).where(Reservation.series_id == series.id).order_by(Reservation.starts_at)))
