"""Compare: any registered fact by any measure, with what is honest to say of it."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for

from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import Period, one_of
from experience.desk.tables import COMPARE_HEAD, compare_cells
from experience.insight.compare import MIN_MEMBERS, MIN_N, Compared, Comparison, compare
from experience.insight.contrast import Q
from experience.insight.facts import FACTS
from experience.insight.measures import MEASURES, Material
from experience.journey import Step
from portal.web.page import CX, page
from portal.web.spreadsheet import table

LEAST = (10, 20, 50, 100)
ASKED = ("mood", "ease", "satisfaction", "expectation", "recommend", "verify")
DRAWN = 40  # rows that are drawn; the others stand in the table


@dataclass(frozen=True, slots=True)
class CompareFilters(Period):
    """Which fact, by which measure, at which step, and of how many values at least."""

    fact: str = "lot"
    measure: str = "stopped"
    step: str | None = str(Step.PICKUP_UNLOCK)
    least: int = MIN_N

    @classmethod
    def of(cls, args: Any) -> "CompareFilters":
        least = args.get("least", "")
        return cls(**cls.read(args), fact=one_of(args.get("fact"), FACTS) or "lot",
                   measure=one_of(args.get("measure"), MEASURES) or "stopped",
                   step=one_of(args.get("step"), Step) or (str(Step.PICKUP_UNLOCK) if "step" not in args else None),
                   least=int(least) if least in map(str, LEAST) else MIN_N)


def _compared(filters: CompareFilters) -> Comparison:
    measure = MEASURES[filters.measure]
    step = Step(filters.step) if filters.step else None
    if measure.steps != tuple(Step) and step not in measure.steps:
        step = measure.steps[0]
    elif step is None and measure.key not in ("kept", "mood"):
        step = Step.PICKUP_UNLOCK
    since, until = filters.bounds(now())
    material = Material(since, until, (step,) if step else tuple(Step))
    return compare(FACTS[filters.fact], measure, step, material, min_n=filters.least)


@bp.get("/compare", endpoint="compare")
@page(who=CX, exempt=WHY)
def compare_page() -> str:
    """The comparison as a chart of intervals and as a table."""
    filters = CompareFilters.of(request.args)
    found = _compared(filters)
    return render_template("experience/desk/compare.html", filters=filters, found=found, drawn=_drawn(found), FACTS=FACTS,
                           MEASURES=MEASURES, LEAST=LEAST, MIN_MEMBERS=MIN_MEMBERS, Q=Q, rows_behind=_rows_behind)


def _rows_behind(found: Comparison, row: Compared, filters: CompareFilters) -> str | None:
    """Where the rows behind a value stand, if a page can be narrowed to them."""
    time = {key: value for key, value in filters.address.items() if key in ("days", "from", "to")}
    narrowed = {found.fact.key: row.value}
    if found.measure.key == "kept":
        return url_for(".promise_rows", by=found.fact.key, value=row.value, step=found.step, **time)
    if found.measure.key in ASKED and found.fact.key in ("lot", "car"):
        source = "note" if found.measure.key == "mood" else "answer"
        return url_for(".voices", source=source, where=found.step, **narrowed, **time)
    if found.step and found.fact.key in ("lot", "car_class"):
        return url_for(".step", step_name=found.step, _anchor="events", **narrowed, **time)
    return None


@bp.get("/compare.csv")
@page(who=CX, exempt=WHY)
def compare_csv() -> Any:
    """The comparison for a spreadsheet; values of fewer than ten are suppressed."""
    return table("comparison.csv", COMPARE_HEAD, compare_cells(_compared(CompareFilters.of(request.args))))


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the chart: positions in its 600 units of width."""

    row: Any
    y: int
    low: float
    at: float
    high: float


def _drawn(found: Comparison) -> dict[str, Any]:
    """The chart of intervals: its rows, its height, the mark of all, and its ends."""
    rows = found.rows[:DRAWN]
    if found.everybody is None or not rows:
        return {"rows": []}
    most, least = (max(row.estimate.high for row in rows), min(row.estimate.low for row in rows))
    if found.measure.unit == "percent":
        most, least = min(1.0, max(most, found.everybody.value)), 0.0
    elif found.measure.unit in ("seconds", "count"):
        least = 0.0
    width = (most - least) or 1.0

    def x(value: float) -> float:
        return round(10 + 580 * min(max((value - least) / width, 0), 1), 1)
    lines = [Drawn(row, 26 * at + 18, x(row.estimate.low), x(row.estimate.value), x(row.estimate.high))
             for at, row in enumerate(rows)]
    return {"rows": lines, "height": 26 * len(rows) + 30, "all": x(found.everybody.value), "low": least, "high": most}
