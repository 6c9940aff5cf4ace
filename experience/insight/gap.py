"""The gap matrix: promise kept or broken, against better or worse than expected. Kept but disappointed: a wrong promise."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

from sqlalchemy import case, func, select

from core.database import db
from experience.asks.models import Answer, Expectation, Means, Stage
from experience.insight.wilson import Z95
from experience.insight.window import Window
from experience.journey import Ask, Step
from experience.promises.kinds import PromiseKind, State
from experience.promises.models import Promise
from fleet.cars.models import Car
from reservations.booking.models import Reservation


class Kept(StrEnum):
    """What became of the promises of a trip: one broken is enough; waived ones say nothing."""

    KEPT = "kept"
    BROKEN = "broken"


class Felt(StrEnum):
    """How the trip was against what the member expected."""

    WORSE = "worse"
    AS_EXPECTED = "as_expected"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval, wider where few members gave many of the answers. `members`: how many gave them."""

    n: int
    members: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One of six: how many answers, and which share of its row they are."""

    kept: Kept
    felt: Felt
    rate: Rate


@dataclass(frozen=True, slots=True)
class GapAnswers:
    """Answers against expectation about trips whose promises are settled: who, what, and whether all was kept.

    `step`: of which question, else of every one about a trip; `kind`: judge by this promise alone; `means`: only of
    members who used this before us; `instead`: only of members who went to this when they left.
    """

    window: Window
    step: Step | None = None
    kind: PromiseKind | None = None
    means: Means | None = None
    instead: Means | None = None

    def select(self) -> Any:
        """Member, value, and how many promises of the trip were broken."""
        broken = func.sum(case((Promise.state == str(State.BROKEN), 1), else_=0))
        query = (
            select(Answer.member_id, Answer.value, broken)
            .join(Promise, Promise.reservation_id == Answer.reservation_id)
            .where(Answer.metric == str(Ask.EXPECTATION), *self.window.spans(Answer.at),
                   Promise.state.in_((str(State.KEPT), str(State.BROKEN))))
            .group_by(Answer.id, Answer.member_id, Answer.value).order_by(Answer.id))
        if self.step is not None:
            query = query.where(Answer.step == str(self.step))
        if self.kind is not None:
            query = query.where(Promise.kind == str(self.kind))
        if self.means is not None:
            query = query.where(Answer.member_id.in_(
                select(Expectation.member_id).where(Expectation.means == self.means, Expectation.stage != Stage.LEAVING)))
        if self.instead is not None:
            query = query.where(Answer.member_id.in_(
                select(Expectation.member_id).where(Expectation.means == self.instead, Expectation.stage == Stage.LEAVING)))
        if self.window.lot_id is not None or self.window.car_class is not None:
            query = query.join(Reservation, Reservation.id == Answer.reservation_id)
        if self.window.lot_id is not None:
            query = query.where(Reservation.lot_id == self.window.lot_id)
        if self.window.car_class is not None:
            query = query.join(Car, Car.id == Reservation.car_id).where(Car.car_class == self.window.car_class)
        return query


def gap_matrix(asked: GapAnswers) -> dict[Kept, list[Cell]]:
    """Both rows with their three cells; a row without answers has none."""
    return matrix_of((member, felt_of(value), Kept.BROKEN if broken else Kept.KEPT)
                     for member, value, broken in db.session.execute(asked.select()))


def felt_of(value: int) -> Felt:
    """1 and 2 are worse, 4 and 5 are better than expected."""
    return Felt.WORSE if value < 3 else Felt.BETTER if value > 3 else Felt.AS_EXPECTED


def matrix_of(answers: Iterable[tuple[int, Felt, Kept]]) -> dict[Kept, list[Cell]]:
    """The matrix from (member, felt, kept)."""
    rows: dict[Kept, dict[int, Counter[Felt]]] = {kept: defaultdict(Counter) for kept in Kept}
    for member, felt, kept in answers:
        rows[kept][member][felt] += 1
    return {kept: [Cell(kept, felt, rate_of({member: (counts[felt], counts.total()) for member, counts in by_member.items()}))
                   for felt in Felt] if by_member else [] for kept, by_member in rows.items()}


def rate_of(by_member: Mapping[int, tuple[int, int]]) -> Rate:
    """The share of hits from each member's (hits, answers), Wilson's interval with the answers that those of strangers
    would be worth (Rao and Scott 1992): more answers of the same people tell less. Raises ValueError for nobody."""
    members, n = len(by_member), sum(total for _hits, total in by_member.values())
    if not n:
        raise ValueError("nobody answered")
    share = sum(hits for hits, _total in by_member.values()) / n
    worth = float(n)
    if members > 1 and 0 < share < 1:
        between = sum((hits - share * total) ** 2 for hits, total in by_member.values()) * members / (members - 1)
        worth = n / max(1.0, between / (n * share * (1 - share)))
    elif members < n:
        worth = float(members)  # all said the same: count people, not answers
    middle = (share + Z95**2 / (2 * worth)) / (1 + Z95**2 / worth)
    half = Z95 / (1 + Z95**2 / worth) * sqrt(share * (1 - share) / worth + Z95**2 / (4 * worth**2))
    return Rate(n, members, share, max(0.0, middle - half), min(1.0, middle + half))
