"""How long members stay in a step: from opening it to the last answer they got before opening it anew."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select, union_all

from experience.insight.milliseconds import milliseconds_between
from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.record.models import Event

ENDS = (Phase.SUCCEEDED, Phase.REFUSED, Phase.FAILED)
LIVED = (Phase.ENTERED, *ENDS, Phase.ABANDONED)


@dataclass(frozen=True, slots=True)
class Visits:
    """Every finished visit to a step: `event_id` (its last end), `step`, `milliseconds`.

    A visit begins with `entered` after anything but `entered`, and ends with the last end before the next `entered`.
    An end belongs to its session; one that was given outside of any (by a car, by a job) to its journey. A visit that
    was abandoned has no length. The window's lot and class are those of the end: pages do not know them all.
    """

    window: Window

    def select(self) -> Select[Any]:
        rows = self._rows().subquery()
        order = {"partition_by": (rows.c.step, rows.c.key), "order_by": (rows.c.time, rows.c.id)}
        beside = select(rows, func.lag(rows.c.phase).over(**order).label("before"),
                        func.lead(rows.c.phase).over(**order).label("after")).subquery()
        opens = and_(beside.c.phase == Phase.ENTERED, func.coalesce(beside.c.before, "") != Phase.ENTERED)
        closes = and_(beside.c.phase.in_(ENDS), func.coalesce(beside.c.after, Phase.ENTERED) == Phase.ENTERED)
        edges = select(beside).where(or_(opens, closes)).subquery()
        order = {"partition_by": (edges.c.step, edges.c.key), "order_by": (edges.c.time, edges.c.id)}
        spans = select(edges, func.lag(edges.c.phase).over(**order).label("opened"),
                       func.lag(edges.c.time).over(**order).label("began")).subquery()
        return select(
            spans.c.id.label("event_id"), spans.c.step,
            milliseconds_between(spans.c.began, spans.c.time).label("milliseconds"),
        ).where(spans.c.phase != Phase.ENTERED, spans.c.opened == Phase.ENTERED, spans.c.counts == 1)

    def _rows(self) -> Any:
        """Each event under its session or else its journey; and those of sessions under their trips, to begin visits."""
        fitting = self.window.fitting()
        counts = case((and_(*fitting), 1), else_=0) if fitting else literal(1)
        columns = (Event.id, Event.step, Event.phase, Event.time)
        lived = [*self.window.recent(), Event.phase.in_(LIVED)]
        key = func.coalesce(Event.session_id, Event.journey_id)
        return union_all(
            select(*columns, counts.label("counts"), key.label("key")).where(*lived, key.is_not(None)),
            select(*columns, literal(0).label("counts"), Event.journey_id.label("key"))
            .where(*lived, Event.journey_id != Event.session_id),
        )


@dataclass(frozen=True, slots=True)
class TimesInStep:
    """For each step the median and the ninth decile of its visits (nearest rank), in milliseconds, and how many."""

    window: Window

    def select(self) -> Select[Any]:
        visits = Visits(self.window).select().subquery()
        ranked = select(
            visits.c.step, visits.c.milliseconds,
            func.row_number().over(partition_by=visits.c.step, order_by=visits.c.milliseconds).label("rank"),
            func.count().over(partition_by=visits.c.step).label("n"),
        ).subquery()
        return select(
            ranked.c.step, func.max(ranked.c.n).label("n"),
            func.max(case((ranked.c.rank == (ranked.c.n + 1) // 2, ranked.c.milliseconds))).label("median_ms"),
            func.max(case((ranked.c.rank == (9 * ranked.c.n + 9) // 10, ranked.c.milliseconds))).label("p90_ms"),
        ).group_by(ranked.c.step)


@dataclass(frozen=True, slots=True)
class SlowestVisits:
    """The longest visits to one step, with the journey each belongs to."""

    step: Step
    window: Window
    limit: int = 10

    def select(self) -> Select[Any]:
        visits = Visits(replace(self.window, step=self.step)).select().subquery()
        return (
            select(Event.time, Event.journey_id, Event.phase, visits.c.milliseconds)
            .join(visits, visits.c.event_id == Event.id)
            .order_by(visits.c.milliseconds.desc(), Event.time.desc()).limit(self.limit)
        )
