"""Promises: how many were kept, by whatever they are counted, and the promises behind each number."""

from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import JourneyFilters, one_of, page_number
from experience.desk.notes import lot_names
from experience.desk.pages import SIZE, page_of, page_of_rows
from experience.desk.tables import PROMISE_HEAD, promise_cells
from experience.insight.compare import compare
from experience.insight.facts import FACTS
from experience.insight.measures import MEASURES, Material
from experience.insight.promises import PromiseFilters, Promises, kept_by, promise_ids, promise_rows
from experience.insight.surroundings import surroundings
from experience.journey import STEPS, Step
from experience.promises.kinds import CAUSES, KINDS, Cause, PromiseKind, State
from experience.promises.models import Promise
from portal.web.page import CX, page
from portal.web.spreadsheet import table

COLUMNS = {"step": Promise.step, "kind": Promise.kind, "cause": Promise.cause}
BY: dict[str, Any] = {"step": _l("Step"), "kind": _l("Promise"), "cause": _l("Cause"),
                      **{key: fact.label for key, fact in FACTS.items()}}
STATES: dict[str, Any] = {"open": _l("Past their date"), "kept": _l("Kept"), "broken": _l("Broken"), "waived": _l("Waived")}


def _called(by: str, value: str) -> str:
    if by == "step" and value in set(Step):
        return str(STEPS[Step(value)].label)
    if by == "kind" and value in set(PromiseKind):
        return str(KINDS[PromiseKind(value)].says)
    if by == "cause" and value in set(Cause):
        return str(CAUSES[Cause(value)])
    return value or _("no cause: kept")


@bp.get("/promises")
@page(who=CX, exempt=WHY)
def promises() -> str:
    """How promises were kept, by step, kind, cause or any registered fact."""
    filters, by = JourneyFilters.of(request.args), one_of(request.args.get("by"), BY) or "step"
    step = one_of(request.args.get("step"), Step)
    window, compared, rows = filters.window(now()), None, []
    if by in COLUMNS:
        rows = [(value, _called(by, value), kept) for value, kept in kept_by(COLUMNS[by], window, step).items()]
    else:
        compared = compare(FACTS[by], MEASURES["kept"], Step(step) if step else None, Material(*filters.bounds(now())))
    return render_template(
        "experience/desk/promises.html", filters=filters, by=by, step=step, rows=rows, compared=compared, lots=lot_names(),
        BY=BY, total=kept_by(Promise.id.is_not(None), window, step),
        labels=[(each, declared.label) for each, declared in STEPS.items()])


def _asked() -> PromiseFilters:
    args, by = request.args, FACTS.get(request.args.get("by", ""))
    return PromiseFilters(
        step=one_of(args.get("step"), Step), kind=one_of(args.get("kind"), PromiseKind), cause=one_of(args.get("cause"), Cause),
        state=one_of(args.get("state"), State), by=by if "value" in args else None, value=args.get("value"))


@bp.get("/promises/rows", endpoint="promise_rows")
@page(who=CX, exempt=WHY)
def promise_rows_page() -> str:
    """The promises behind a number."""
    filters, asked, at = JourneyFilters.of(request.args), _asked(), page_number(request.args)
    address = {key: value for key, value in request.args.items() if key != "page"}
    fitting = Promises(asked, filters.window(now()), now())
    if asked.by is None:
        listed = page_of(fitting, at, endpoint=".promise_rows", **address)
        found = replace(listed, rows=list(promise_rows([row.id for row in listed.rows])))
    else:
        ids = promise_ids(fitting, surroundings(fitting.window.since))
        rows = list(promise_rows(ids[(at - 1) * SIZE:at * SIZE]))
        found = page_of_rows(rows, len(ids), at, endpoint=".promise_rows", **address)
    return render_template("experience/desk/promise_rows.html", filters=filters, asked=asked, promises=found, lots=lot_names(),
                           address=address, KINDS=KINDS, CAUSES=CAUSES, STATES=STATES)


@bp.get("/promises.csv")
@page(who=CX, exempt=WHY)
def promises_csv() -> Any:
    """The promises behind a number for a spreadsheet: random ids, no words."""
    filters, asked = JourneyFilters.of(request.args), _asked()
    fitting = Promises(asked, filters.window(now()), now())
    ids = promise_ids(fitting, surroundings(fitting.window.since) if asked.by else None)
    return table("promises.csv", PROMISE_HEAD, promise_cells(promise_rows(ids)))
