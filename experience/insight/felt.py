"""How steps felt: the means of what members answered, by step and metric, in one query."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select

from core.database import db
from experience.asks.models import Answer
from experience.insight.window import Window
from experience.journey import Ask
from fleet.cars.models import Car
from reservations.booking.models import Reservation

LETTERS = {Ask.EASE: "E", Ask.SATISFACTION: "C", Ask.EXPECTATION: "X", Ask.RECOMMEND: "N", Ask.VERIFY: "V"}


@dataclass(frozen=True, slots=True)
class Felt:
    """One metric of one step: its letter, how many answered, and the figure: a mean, a share of yes, or a score."""

    metric: str
    letter: str
    n: int
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class AnswersBy:
    """Answers of a time by step and metric; for recommendation promoters less detractors."""

    window: Window

    def select(self) -> Select[Any]:
        worth = case((Answer.metric != str(Ask.RECOMMEND), Answer.value), (Answer.value >= 9, 1), (Answer.value <= 6, -1),
                     else_=0)
        query = select(Answer.step, Answer.metric, func.count(), func.sum(worth)).where(*self.window.spans(Answer.at))
        if self.window.lot_id is not None or self.window.car_class is not None:
            query = query.join(Reservation, Reservation.id == Answer.reservation_id)
        if self.window.lot_id is not None:
            query = query.where(Reservation.lot_id == self.window.lot_id)
        if self.window.car_class is not None:
            query = query.join(Car, Car.id == Reservation.car_id).where(Car.car_class == self.window.car_class)
        return query.group_by(Answer.step, Answer.metric).order_by(Answer.step, Answer.metric)


def felt_by_step(window: Window) -> dict[str, list[Felt]]:
    """The metrics of every step that anybody answered."""
    found: dict[str, list[Felt]] = defaultdict(list)
    for step, metric, n, total in db.session.execute(AnswersBy(window).select()):
        unit = {str(Ask.RECOMMEND): "score", str(Ask.VERIFY): "percent"}.get(metric, "points")
        found[step].append(Felt(metric, LETTERS.get(Ask(metric), "?"), n, float(total) / n, unit))
    return found
