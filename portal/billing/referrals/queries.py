"""What a member reads of their code: counts, and never who. Whom it brought is theirs to tell."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from core.money import Money
from portal.billing.referrals.decide import YEAR
from portal.billing.referrals.models import Referral, ReferralState, ReferralWhy


@dataclass(frozen=True, slots=True)
class Brought:
    """How many joined with the code, how many of them have not paid their first trip yet, for how many there was credit and
    how much in all, how many of those in the last year, and how many the rules gave nothing for."""

    joined: int
    waiting: int
    credited: int
    given: Money
    this_year: int
    without: int


def brought_by(member_id: int, now: datetime) -> Brought:
    """What came of the member's code so far."""
    rows = db.session.execute(
        select(Referral.state, Referral.why, func.count(), func.sum(Referral.gives_cents),
               func.count().filter(Referral.decided_at > now - YEAR))
        .where(Referral.by_member_id == member_id).group_by(Referral.state, Referral.why)).all()
    given = [row for row in rows if row[0] == ReferralState.CREDITED and row[1] is None]
    joined, waiting = sum(row[2] for row in rows), sum(row[2] for row in rows if row[0] == ReferralState.JOINED)
    credited = sum(row[2] for row in given)
    return Brought(joined, waiting, credited, Money(sum(row[3] or 0 for row in given)), sum(row[4] for row in given),
                   joined - waiting - credited)


@dataclass(frozen=True, slots=True)
class Came:
    """With whose code a member joined, as far as it is theirs to know: what they get, and what became of it."""

    gets: Money
    state: ReferralState
    why: ReferralWhy | None


def came_with(member_id: int) -> Came | None:
    """The code that the member joined with, if any."""
    found = db.session.scalars(select(Referral).where(Referral.friend_id == member_id)).first()
    if found is None:
        return None
    return Came(Money(found.gets_cents), ReferralState(found.state), ReferralWhy(found.why) if found.why else None)
