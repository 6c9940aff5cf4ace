"""What browsers told of the pages of each step: how fast they were for the people in front of them, and what held those up."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.database import db
from experience.journey import Step
from experience.record.models import BrowserEvent, QuarantinedEvent
from experience.record.registry import PAINT_MS

AT_ONCE = 5000
ENOUGH = 20  # visits; of fewer a quantile says nothing
# What web.dev calls good, for three visits in four: milliseconds, and thousandths for the layout's shift.
GOOD = {"lcp_ms": PAINT_MS, "inp_ms": 200, "cls_milli": 100, "ttfb_ms": 800}


@dataclass(frozen=True, slots=True)
class Vital:
    """A figure over `n` visits: what three in four of them had, or better (nearest rank)."""

    name: str
    n: int
    p75: int

    @property
    def kept(self) -> bool | None:
        """Whether it is good; None while too few have told."""
        return None if self.n < ENOUGH else self.p75 <= GOOD[self.name]


@dataclass(frozen=True, slots=True)
class BrowserFigures:
    """One step as its browsers saw it."""

    step: Step
    vitals: dict[str, Vital]
    counts: Counter[str]


def browser_figures(since: datetime) -> list[BrowserFigures]:
    """Every step of which a browser told something since then, in the order of the journey."""
    seen: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    query = select(BrowserEvent.step, BrowserEvent.kind, BrowserEvent.facts).where(
        BrowserEvent.step.in_(list(Step)), BrowserEvent.time >= since)
    for step, kind, facts in db.session.execute(query, execution_options={"yield_per": AT_ONCE}):
        counts[step][kind] += 1
        if kind == "vitals":
            for name, value in facts.items():
                seen[step][name].append(value)
    return [BrowserFigures(step, {name: vital(name, values) for name, values in seen[step].items()}, counts[step])
            for step in Step if step in counts]


def vital(name: str, values: list[int]) -> Vital:
    """The 75th percentile by nearest rank."""
    return Vital(name, len(values), sorted(values)[-(-3 * len(values) // 4) - 1])


@dataclass(frozen=True, slots=True)
class BrowserEvents:
    """The events behind a number, newest first."""

    step: Step
    kind: str
    since: datetime

    def select(self) -> Select[Any]:
        return select(BrowserEvent).where(*self._conditions()).order_by(BrowserEvent.time.desc(), BrowserEvent.id)

    def count(self) -> Select[Any]:
        return select(func.count()).select_from(BrowserEvent).where(*self._conditions())

    def _conditions(self) -> tuple[Any, ...]:
        return (BrowserEvent.step == str(self.step), BrowserEvent.kind == self.kind, BrowserEvent.time >= self.since)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What was told and could not be believed, newest first."""

    since: datetime

    def select(self) -> Select[Any]:
        return (select(QuarantinedEvent).where(QuarantinedEvent.at >= self.since)
                .order_by(QuarantinedEvent.at.desc(), QuarantinedEvent.id.desc()))

    def count(self) -> Select[Any]:
        return select(func.count()).select_from(QuarantinedEvent).where(QuarantinedEvent.at >= self.since)


def quarantined_by_reason(since: datetime) -> list[tuple[str, int]]:
    """How many for each reason, the commonest first."""
    n = func.count().label("n")
    return [(reason, count) for reason, count in db.session.execute(
        select(QuarantinedEvent.reason, n).where(QuarantinedEvent.at >= since).group_by(QuarantinedEvent.reason)
        .order_by(n.desc(), QuarantinedEvent.reason))]
