"""Which events are looked at: from when to when, of which step, and of which lot and class of car."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast

from experience.journey import STEPS, Step
from experience.record.models import Event


def fact(facts: Any, name: str) -> ColumnElement[str]:
    """A fact as text: SQLite and PostgreSQL then compare it alike, and a stray value raises nothing."""
    return cast(facts[name].as_string(), String)


@dataclass(frozen=True, slots=True)
class Window:
    """Events since a moment, and before another; with a lot or a class only those that carry it as a fact."""

    since: datetime
    lot_id: int | None = None
    car_class: str | None = None
    step: Step | None = None
    until: datetime | None = None

    def spans(self, column: Any) -> list[ColumnElement[bool]]:
        """That a column's moment lies within."""
        wanted: list[ColumnElement[bool]] = [column >= self.since]
        if self.until is not None:
            wanted.append(column < self.until)
        return wanted

    def recent(self) -> list[ColumnElement[bool]]:
        """Of that step, or of all we know, within that time: the two halves of the index on step and time."""
        steps = list(STEPS) if self.step is None else [self.step]
        return [Event.step.in_([str(step) for step in steps]), *self.spans(Event.time)]

    def fitting(self) -> list[ColumnElement[bool]]:
        """Of the lot and class asked for."""
        wanted = []
        if self.lot_id is not None:
            wanted.append(fact(Event.facts, "lot_id") == str(self.lot_id))
        if self.car_class is not None:
            wanted.append(fact(Event.facts, "car_class") == self.car_class)
        return wanted

    def conditions(self) -> list[ColumnElement[bool]]:
        return self.recent() + self.fitting()
