"""The journey: its blueprint with numbers, one step, and one member's journey."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.database import db
from core.refusal import NotFound
from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.chart import success_by_day
from experience.desk.filters import EventFilters, JourneyFilters, page_number
from experience.desk.forms import OwnerForm
from experience.desk.notes import NotesAtStep, NotesOnJourney, lot_names, owners
from experience.desk.own_step import own_step, owner_of
from experience.desk.pages import page_of
from experience.desk.stops import stops_of
from experience.desk.tables import JOURNEY_HEAD, journey_rows
from experience.desk.today import cases_at
from experience.insight.by_place import place_figures
from experience.insight.days import slowest_visits
from experience.insight.facts import FACTS
from experience.insight.felt import Felt, felt_by_step
from experience.insight.funnel import journey_figures, newest_event, step_figures
from experience.insight.journey_events import JourneyEvents
from experience.insight.measures import MEASURES
from experience.insight.promises import Kept, kept_by_step
from experience.insight.signals import newest_scan
from experience.insight.step_events import Reasons, StepEvents
from experience.insight.window import Window
from experience.journey import STEPS, Step
from portal.web.live import part, unchanged
from portal.web.page import CX, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table


@bp.get("/journey")
@page(who=CX, exempt=WHY)
def journey() -> str:
    """Every stage and step: entered, how it ended, how long it took, what was promised and how it felt."""
    filters = JourneyFilters.of(request.args)
    return render_template("experience/desk/journey.html", filters=filters, lots=lot_names(), **_map(filters.window(now())))


@bp.get("/parts/journey")
@page(who=CX, exempt=WHY)
def journey_part() -> Any:
    """The rows of the journey table. While no event has come, nothing is counted again within the hour."""
    filters = JourneyFilters.of(request.args)
    version = f"{newest_event()} {filters} {now():%Y-%m-%d %H}"
    return unchanged(version) or part(
        render_template("experience/desk/journey_rows.html", filters=filters, **_map(filters.window(now()))), version)


@bp.get("/journey.csv")
@page(who=CX, exempt=WHY)
def journey_csv() -> Any:
    """The journey table for a spreadsheet, without counts that could be somebody."""
    window = JourneyFilters.of(request.args).window(now())
    return table("journey.csv", JOURNEY_HEAD, journey_rows(journey_figures(window)))


@bp.get("/steps/<step_name>")
@page(who=CX, exempt=WHY)
def step(step_name: str) -> str:
    """One step: who looks after it, what is promised, what became of it, and what members say."""
    return _step_page(_step(step_name), OwnerForm(owners(), formdata=None))


@bp.post("/steps/<step_name>/owner")
@page(who=CX, exempt=WHY)
def own(step_name: str) -> Any:
    """Say who of the team looks after a step."""
    which, form = _step(step_name), OwnerForm(owners())
    if not form.validate_on_submit():
        return _step_page(which, form), 422
    own_step(step=which, user_id=form.owner.data or None, now=now())
    flash(_("Whoever looks after this step is named on its page now."), "ok")
    return redirect(url_for(".step", step_name=which))


@bp.get("/journeys/<journey_id>")
@page(who=CX, exempt=WHY)
def one_journey(journey_id: str) -> str:
    """One journey's events in order, with what was said on it."""
    return render_template("experience/desk/one_journey.html", journey_id=journey_id, **_journey(journey_id))


@bp.get("/parts/journeys/<journey_id>")
@page(who=CX, exempt=WHY)
def one_journey_part(journey_id: str) -> Any:
    """The timeline of one journey."""
    return part(render_template("experience/desk/one_journey_line.html", **_journey(journey_id)))


def _step(name: str) -> Step:
    if name not in set(Step):
        raise NotFound(step=name)
    return Step(name)


def _map(window: Window) -> dict[str, Any]:
    stages = journey_figures(window)
    kept: dict[str, Kept] = kept_by_step(window)
    felt: dict[str, list[Felt]] = felt_by_step(window)
    busiest = max((each.ended for stage in stages for each in stage.steps), default=0)
    return {"stages": stages, "kept": kept, "felt": felt, "busiest": busiest, "flagged": _signals_by_step()}


def _signals_by_step() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    scan = newest_scan()
    for signal in scan.signals if scan else []:
        found.setdefault(signal["step"], []).append(signal)
    return found


def _step_page(which: Step, form: OwnerForm) -> str:
    filters, chosen = JourneyFilters.of(request.args), EventFilters.of(request.args)
    window = filters.window(now())
    events = StepEvents(which, window, chosen.phase, chosen.error)
    owner = owner_of(which)
    if not form.is_submitted():
        form.owner.data = owner.user_id if owner else 0
    return render_template(
        "experience/desk/step.html", which=which, declared=STEPS[which], filters=filters, chosen=chosen,
        lots=lot_names(), figures=step_figures(which, window), places=place_figures(which, window)[:30],
        reasons=db.session.execute(Reasons(which, window).select()).all(), slowest=slowest_visits(which, window),
        notes=_with_words(NotesAtStep(which, window.since).select()), owner=owner, form=form, cases=cases_at(which, window),
        kept=kept_by_step(window).get(which), felt=felt_by_step(window).get(which, []),
        chart=success_by_day(which, window, now()), signals=_signals_by_step().get(which, []), FACTS=FACTS, MEASURES=MEASURES,
        events=page_of(events, page_number(request.args), step_name=which, **filters.address, **chosen.address))


def _journey(journey_id: str) -> dict[str, Any]:
    events = db.session.scalars(JourneyEvents(journey_id).select()).all()
    if not events:
        raise NotFound(journey=journey_id)
    notes = _with_words(NotesOnJourney(journey_id).select())
    return {"events": events, "stops": stops_of(events, notes, lot_names())}


def _with_words(query: Any) -> list[tuple[Any, str | None]]:
    return [(each, adapters().seal.read(each.words_sealed)) for each in db.session.scalars(query)]
