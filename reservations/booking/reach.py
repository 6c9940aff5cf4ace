"""What a promo code is good for, said before it disappoints anybody: classes, plans, days, and the uses that are left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.database import db
from fleet.tariffs.in_force import promotion_at
from fleet.tariffs.models import Promotion, Redemption


@dataclass(frozen=True, slots=True)
class Reach:
    """One code. `percent` or `cents` off the time part; empty classes and plans are all of them. `mine`: how many uses the
    member has left of `per_member`; `left`: how many are left for everybody, none when they are not counted. `over`: it counts
    no more, or not yet. There is no least amount."""

    code: str
    percent: int
    cents: int
    classes: tuple[str, ...]
    plans: tuple[str, ...]
    begins: datetime
    ends: datetime | None
    per_member: int
    mine: int
    left: int | None
    over: bool

    @property
    def used_up(self) -> bool:
        """Whether this member can use it no more, whatever the trip."""
        return self.mine == 0 or self.left == 0


def reach_of(typed: str, *, member_id: int, now: datetime) -> Reach | None:
    """What a typed code is good for now; None for one that nobody may use today."""
    found = promotion_at(typed, now) if typed.strip() else None
    return _reach(found, _used(member_id, found.id), now) if found is not None else None


def used_by(member_id: int, now: datetime) -> list[Reach]:
    """Every code that the member has used for a trip that was not given back, the latest first."""
    rows = db.session.execute(
        select(Promotion, func.count(Redemption.nth)).join(Redemption, Redemption.promotion_id == Promotion.id)
        .where(Redemption.member_id == member_id, Redemption.nth.is_not(None)).group_by(Promotion.id)
        .order_by(func.max(Redemption.redeemed_at).desc(), Promotion.id)).all()
    return [_reach(promotion, count, now) for promotion, count in rows]


def _used(member_id: int, promotion_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(Redemption).where(
        Redemption.promotion_id == promotion_id, Redemption.member_id == member_id, Redemption.nth.is_not(None))) or 0


def _reach(promotion: Promotion, used: int, now: datetime) -> Reach:
    left = None if promotion.overall is None else max(promotion.overall - promotion.redeemed, 0)
    ended = promotion.effective_until is not None and promotion.effective_until <= now
    return Reach(promotion.code, promotion.percent, promotion.cents, tuple(promotion.classes.split()),
                 tuple(promotion.plans.split()), promotion.effective_from, promotion.effective_until, promotion.per_member,
                 max(promotion.per_member - used, 0), left, ended or now < promotion.effective_from)
