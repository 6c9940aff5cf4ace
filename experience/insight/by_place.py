"""One step by lot and class of car: where it ends well and where it does not."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from core.database import db
from experience.insight.funnel import Counted
from experience.insight.window import Window, fact
from experience.journey import Phase, Step
from experience.record.models import Event


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """A step's events counted by lot, class and phase; those that name no lot are left out."""

    step: Step
    window: Window

    def select(self) -> Select[Any]:
        events = (
            select(fact(Event.facts, "lot_id").label("lot"), fact(Event.facts, "car_class").label("car_class"),
                   Event.phase)
            .where(Event.step == str(self.step), *self.window.spans(Event.time), *self.window.fitting()).subquery()
        )
        return (select(events.c.lot, events.c.car_class, events.c.phase, func.count().label("n"))
                .where(events.c.lot.is_not(None)).group_by(events.c.lot, events.c.car_class, events.c.phase))


@dataclass(frozen=True, slots=True)
class PlaceFigures(Counted):
    """One lot and class in numbers."""

    lot_id: int | None
    car_class: str | None
    counts: dict[Phase, int]


def place_figures(step: Step, window: Window) -> list[PlaceFigures]:
    """Lots and classes of one step, those with the most ends first."""
    counts: dict[tuple[str, str | None], dict[Phase, int]] = defaultdict(dict)
    for lot, car_class, phase, n in db.session.execute(PlaceCounts(step, window).select()):
        counts[lot, car_class][Phase(phase)] = n
    places = [PlaceFigures(int(lot) if lot.isdecimal() else None, car_class, each)
              for (lot, car_class), each in counts.items()]
    return sorted(places, key=lambda place: (-place.ended, place.lot_id or 0, place.car_class or ""))
