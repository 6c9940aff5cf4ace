"""Who news are for: by plan, by months since joining, by days since the last trip; of `win_back` those who have left."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Select, func, select

from core.database import db
from portal.account.leave.models import Departure
from portal.account.models import Member, MemberStatus
from reservations.booking.models import Reservation, Status

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Audience:
    """None of a thing: it does not matter."""

    plan: str | None = None
    months_from: int | None = None
    months_to: int | None = None
    idle_days: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """As a mailing keeps it, or as a form gives it."""
        return cls(said.get("plan") or None, said.get("months_from"), said.get("months_to"), said.get("idle_days"))

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}

    def select(self, solicitation: str, now: datetime) -> Select[tuple[int, datetime]]:
        """The ids of its members and since when they are, by their ids."""
        left = solicitation == "win_back"
        query = select(Member.id, Member.joined_at).where(
            Member.status == (MemberStatus.CLOSED if left else MemberStatus.ACTIVE)).order_by(Member.id)
        if left:
            query = query.where(select(Departure.id).where(Departure.member_id == Member.id).exists())
        if self.plan is not None:
            query = query.where(Member.plan == self.plan)
        if self.months_from is not None:
            query = query.where(Member.joined_at <= now - self.months_from * MONTH)
        if self.months_to is not None:
            query = query.where(Member.joined_at > now - self.months_to * MONTH)
        if self.idle_days is not None:
            query = query.where(~select(Reservation.id).where(
                Reservation.member_id == Member.id, Reservation.status.in_((Status.BOOKED, Status.DRIVING, Status.RETURNED)),
                Reservation.ends_at > now - timedelta(days=self.idle_days)).exists())
        return query


def members_of_audience(said: Mapping[str, Any], solicitation: str, at: datetime, *, after: int, limit: int) -> list[int]:
    """The next members of an audience above an id, for whoever sends to it."""
    query = Audience.of(said).select(solicitation, at).where(Member.id > after).limit(limit)
    return [member_id for member_id, _since in db.session.execute(query)]


def size_of(audience: Audience, solicitation: str, now: datetime) -> int:
    """How many members are in it."""
    members = audience.select(solicitation, now).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(members)) or 0
