"""Reads about members' calendars: whose an address is, and which trips are in it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from core.database import db
from portal.account.models import Member, MemberStatus, User
from reservations.booking.change.models import ReservationChange
from reservations.booking.models import Reservation
from reservations.feed.models import CalendarFeed

KEPT = timedelta(days=90)  # what is over, or was cancelled, stays in a calendar for a season, as paper ones do


def hash_of(secret: str) -> str:
    """What the database knows a secret by. It has 256 random bits, so nobody finds it by trying."""
    return hashlib.sha256(secret.encode()).hexdigest()


def feed_of(member_id: int) -> CalendarFeed | None:
    """The member's calendar, while it is on."""
    return db.session.get(CalendarFeed, member_id)


def feed_at(secret: str) -> CalendarFeed | None:
    """The calendar at a secret address; none once its member has left, or may not sign in any more."""
    return db.session.scalar(
        select(CalendarFeed).join(Member, Member.id == CalendarFeed.member_id).join(User, User.id == Member.user_id)
        .where(CalendarFeed.secret_hash == hash_of(secret), User.disabled_at.is_(None),
               Member.status != MemberStatus.CLOSED))


def hold_feed(member_id: int) -> None:
    """Let nobody else start or end this member's calendar until the open transaction ends."""
    db.session.execute(select(Member.id).where(Member.id == member_id).with_for_update(of=Member)).one()


@dataclass(frozen=True, slots=True)
class TripsInCalendar:
    """What a member drives, soonest first: all that is ahead, and what ended or was cancelled within the last season."""

    member_id: int
    now: datetime

    def select(self) -> Select[tuple[Reservation]]:
        return (select(Reservation).where(Reservation.member_id == self.member_id, Reservation.ends_at > self.now - KEPT)
                .order_by(Reservation.starts_at, Reservation.id))

    def all(self) -> list[Reservation]:
        return list(db.session.scalars(self.select()))


@dataclass(frozen=True, slots=True)
class Changes:
    """How often a booking was changed, and when last."""

    count: int = 0
    last_at: datetime | None = None


def changes_of(reservation_ids: Iterable[int]) -> dict[int, Changes]:
    """The changes of these bookings, in one read; a booking that was never changed is not in it."""
    rows = db.session.execute(
        select(ReservationChange.reservation_id, func.count(), func.max(ReservationChange.at))
        .where(ReservationChange.reservation_id.in_(list(reservation_ids))).group_by(ReservationChange.reservation_id))
    return {reservation_id: Changes(count, last_at) for reservation_id, count, last_at in rows}
