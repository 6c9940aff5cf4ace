"""Questions about requests for the reduced tier."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.time import months_later
from fleet.tariffs.quote import AGES, Policies, Policy, age_at
from portal.account.models import Member, User
from portal.account.tier.models import TierLook, TierLookedFor, TierRequest, TierState
from portal.web.say import CITY_ZONE

MOST = 50


def waiting_of(member_id: int) -> TierRequest | None:
    """The one that waits for an answer."""
    return db.session.scalars(select(TierRequest).where(
        TierRequest.member_id == member_id, TierRequest.state == TierState.WAITING)).first()


def last_of(member_id: int) -> TierRequest | None:
    """The latest one, unless it was withdrawn."""
    found = db.session.scalars(select(TierRequest).where(TierRequest.member_id == member_id).order_by(
        TierRequest.asked_at.desc(), TierRequest.id).limit(1)).first()
    return None if found is None or found.state == TierState.WITHDRAWN else found


def counts_on(member: Member, day: date) -> bool:
    """Whether the reduced tier counts on that day."""
    return member.reduced_until is not None and day <= member.reduced_until


def counted_at(member_id: int, at: datetime) -> bool:
    """Whether the reduced tier counted at that time, by what was granted until then."""
    return db.session.scalar(select(TierRequest.id).where(
        TierRequest.member_id == member_id, TierRequest.state == TierState.GRANTED, TierRequest.decided_at <= at,
        TierRequest.counts_until >= at.astimezone(CITY_ZONE).date()).limit(1)) is not None


def asks_again_from(member: Member, policies: Policies, today: date) -> date | None:
    """From which later day on the member may ask for the tier again: when we remind them of its end; None for at once."""
    if member.reduced_until is None:
        return None
    opens = member.reduced_until - timedelta(days=policies["tier_warn"].value)
    return opens if today < opens else None


@dataclass(frozen=True, slots=True)
class Young:
    """What a driver pays more an hour because of their age, by which rule, under which age, and until which day: the first
    day on which it is less or nothing."""

    hour: Policy
    under: int
    ends_on: date


def young_of(member: Member, policies: Policies, now: datetime) -> list[Young]:
    """What the member pays more for now, and after that; nothing for whoever is older, or whose day of birth is not known."""
    if member.born_on is None:
        return []
    age, born = age_at(member.born_on, now, CITY_ZONE), member.born_on
    return [Young(policies[f"{group}_hour"], under, months_later(born, under * 12)) for group in AGES
            if age < (under := policies[f"{group}_until"].value)]


@dataclass(frozen=True, slots=True)
class TierLooked:
    """One look at the picture. `by`: whose, for colleagues."""

    at: datetime
    by: str
    looked_for: TierLookedFor


def looks_at(member_id: int) -> list[TierLooked]:
    """The latest looks of others at the member's pictures, newest first; their own are left out."""
    return _looks(TierRequest.member_id == member_id, TierLook.looked_for != TierLookedFor.OWN)


def looks_at_request(request: TierRequest) -> list[TierLooked]:
    """Everybody who looked at this one's picture, newest first."""
    return _looks(TierLook.request_id == request.id)


def _looks(*which: object) -> list[TierLooked]:
    rows = db.session.execute(
        select(TierLook.at, User.name, TierLook.looked_for).join(TierRequest, TierRequest.id == TierLook.request_id)
        .join(User, User.id == TierLook.user_id).where(*which).order_by(TierLook.id.desc()).limit(MOST))  # type: ignore[arg-type]  # conditions
    return [TierLooked(at, name, TierLookedFor(looked_for)) for at, name, looked_for in rows]
