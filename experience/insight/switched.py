"""Who left in a time: why, what they go to, and what they had used before us."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from core.database import db
from experience.asks.models import Expectation, Means, Stage
from experience.insight.window import Window
from portal.account.leave.models import Departure, Reason


@dataclass(frozen=True, slots=True)
class Switch:
    """How many who left go to `after`; `before`: what they used before us, if they told."""

    before: Means | None
    after: Means
    n: int


def switched(window: Window) -> list[Switch]:
    """What people go to when they leave, the commonest first."""
    went = {member_id: Means(means) for member_id, means in db.session.execute(
        select(Expectation.member_id, Expectation.means).where(
            Expectation.stage == Stage.LEAVING, Expectation.means.is_not(None), *window.spans(Expectation.at))
        .order_by(Expectation.at))}
    came = {member_id: Means(means) for member_id, means in db.session.execute(
        select(Expectation.member_id, Expectation.means).where(
            Expectation.stage != Stage.LEAVING, Expectation.means.is_not(None), Expectation.member_id.in_(went))
        .order_by(Expectation.at.desc()))}
    counts = Counter((came.get(member_id), after) for member_id, after in went.items())
    return [Switch(before, after, n) for (before, after), n in counts.most_common()]


def reasons_to_leave(window: Window) -> list[tuple[Reason | None, int]]:
    """Why people left, the commonest first; none: they did not say."""
    rows = db.session.execute(select(Departure.reason, func.count()).where(*window.spans(Departure.at)).group_by(
        Departure.reason).order_by(func.count().desc(), Departure.reason))
    return [(Reason(reason) if reason else None, n) for reason, n in rows]
