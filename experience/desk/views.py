"""The CX team's pages: the journey in numbers, the rows behind each, and what members told us."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.forms import MOODS
from experience.asks.models import NoteStatus, Tag
from experience.desk import words
from experience.desk.filters import PERIODS, EventFilters, JourneyFilters, NoteFilters, page_number
from experience.desk.forms import ReplyForm, StatusForm, TagForm, TakeForm
from experience.desk.notes import Notes, NotesAtStep, NotesOnJourney, lot_names, open_note, owners, words_of
from experience.desk.pages import page_of
from experience.desk.reply import reply as send_reply
from experience.desk.set_status import set_status
from experience.desk.stops import facts_in_words, stops_of
from experience.desk.tables import JOURNEY_HEAD, NOTES_HEAD, journey_rows, note_rows
from experience.desk.tag import tag_note
from experience.desk.take import take as take_note
from experience.insight.by_place import place_figures
from experience.insight.funnel import journey_figures, newest_event, step_figures
from experience.insight.journey_events import JourneyEvents
from experience.insight.step_events import Reasons, StepEvents
from experience.insight.times import slowest_visits
from experience.journey import STAGE_LABELS, STEPS, Step
from portal.web.live import part, unchanged
from portal.web.page import CX, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table

bp = Blueprint("cx_desk", __name__, url_prefix="/experience")
WHY = "staff desk: the CX team is not on a member's journey"
bp.add_app_template_filter(words.how_long)
bp.add_app_template_filter(words.in_percent)
bp.add_app_template_filter(facts_in_words)


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the desk's templates call things."""
    return {"STEPS": STEPS, "STAGES": STAGE_LABELS, "PHASES": words.PHASES, "STATUSES": words.STATUSES,
            "TAGS": words.TAGS, "CLASSES": words.CLASSES, "MOODS": MOODS, "PERIODS": PERIODS}


@bp.get("/")
@page(who=CX, exempt=WHY)
def journey() -> str:
    """Every stage and step: entered, how it ended, how long it took."""
    filters = JourneyFilters.of(request.args)
    return render_template("experience/desk/journey.html", filters=filters, lots=lot_names(),
                           stages=journey_figures(filters.window(now())))


@bp.get("/parts/journey")
@page(who=CX, exempt=WHY)
def journey_part() -> Any:
    """The rows of the journey table. While no event has come, nothing is counted again within the hour."""
    filters = JourneyFilters.of(request.args)
    version = f"{newest_event()} {filters} {now():%Y-%m-%d %H}"
    return unchanged(version) or part(
        render_template("experience/desk/journey_rows.html", filters=filters,
                        stages=journey_figures(filters.window(now()))), version)


@bp.get("/journey.csv")
@page(who=CX, exempt=WHY)
def journey_csv() -> Any:
    """The journey table for a spreadsheet."""
    window = JourneyFilters.of(request.args).window(now())
    return table("journey.csv", JOURNEY_HEAD, journey_rows(journey_figures(window)))


@bp.get("/steps/<step_name>")
@page(who=CX, exempt=WHY)
def step(step_name: str) -> str:
    """The rows behind one step's numbers."""
    which = _step(step_name)
    filters, chosen = JourneyFilters.of(request.args), EventFilters.of(request.args)
    window = filters.window(now())
    events = StepEvents(which, window, chosen.phase, chosen.error)
    return render_template(
        "experience/desk/step.html", which=which, declared=STEPS[which], filters=filters, chosen=chosen,
        lots=lot_names(), figures=step_figures(which, window), places=place_figures(which, window)[:30],
        reasons=db.session.execute(Reasons(which, window).select()).all(),
        slowest=slowest_visits(which, window),
        notes=_with_words(NotesAtStep(which, window.since).select()),
        events=page_of(events, page_number(request.args), step_name=which, **filters.address, **chosen.address))


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


@bp.get("/feedback")
@page(who=CX, exempt=WHY)
def inbox() -> str:
    """What members told us, newest first."""
    filters = NoteFilters.of(request.args)
    return render_template("experience/desk/inbox.html", filters=filters, lots=lot_names(), owners=owners(),
                           **_inbox(filters))


@bp.get("/parts/feedback")
@page(who=CX, exempt=WHY)
def inbox_part() -> Any:
    """The rows of the inbox."""
    filters = NoteFilters.of(request.args)
    return part(render_template("experience/desk/inbox_rows.html", lots=lot_names(), **_inbox(filters)))


@bp.get("/feedback.csv")
@page(who=CX, exempt=WHY)
def inbox_csv() -> Any:
    """Feedback for a spreadsheet, without the words."""
    rows = db.session.execute(Notes(NoteFilters.of(request.args)).select())
    return table("feedback.csv", NOTES_HEAD, note_rows(rows, lot_names()))


@bp.get("/feedback/<int(max=2147483647):note_id>")
@page(who=CX, exempt=WHY)
def note(note_id: int) -> str:
    """One note with its words."""
    return _note_page(note_id, ReplyForm())


@bp.post("/feedback/<int(max=2147483647):note_id>/take")
@page(who=CX, exempt=WHY)
def take(note_id: int) -> Any:
    """The note is mine now."""
    form = TakeForm()
    if form.validate_on_submit():
        take_note(note_id=note_id, by_user_id=current_user.id, instead_of=form.instead_of.data)
        flash(_("You look after this note now."), "ok")
    return redirect(url_for(".note", note_id=note_id))


@bp.post("/feedback/<int(max=2147483647):note_id>/tag")
@page(who=CX, exempt=WHY)
def tag(note_id: int) -> Any:
    """Say what the note is about."""
    form = TagForm()
    if form.validate_on_submit():
        tag_note(note_id=note_id, tag=Tag(form.tag.data) if form.tag.data else None)
        flash(_("The tag is set."), "ok")
    else:
        flash(_("Choose one from the list. Nothing was changed."), "warn")
    return redirect(url_for(".note", note_id=note_id))


@bp.post("/feedback/<int(max=2147483647):note_id>/status")
@page(who=CX, exempt=WHY)
def status(note_id: int) -> Any:
    """Say where the note stands."""
    form = StatusForm()
    if form.validate_on_submit():
        set_status(note_id=note_id, by_user_id=current_user.id, status=NoteStatus(form.status.data), now=now())
        flash(_("The status is set."), "ok")
    else:
        flash(_("Choose one from the list. Nothing was changed."), "warn")
    return redirect(url_for(".note", note_id=note_id))


@bp.post("/feedback/<int(max=2147483647):note_id>/reply")
@page(who=CX, exempt=WHY)
def reply(note_id: int) -> Any:
    """Write back to the member."""
    form = ReplyForm()
    if not form.validate_on_submit():
        return _note_page(note_id, form), 422
    try:
        send_reply(note_id=note_id, by_user_id=current_user.id, words=form.words.data, seal=adapters().seal, now=now())
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
        form.words.errors = [f"{refusal.says} {refusal.remedy}"]
        return _note_page(note_id, form), refusal.status
    flash(_("Your answer is on its way to the member’s inbox and mail."), "ok")
    return redirect(url_for(".note", note_id=note_id))


def _step(name: str) -> Step:
    if name not in set(Step):
        raise NotFound(step=name)
    return Step(name)


def _journey(journey_id: str) -> dict[str, Any]:
    events = db.session.scalars(JourneyEvents(journey_id).select()).all()
    if not events:
        raise NotFound(journey=journey_id)
    notes = _with_words(NotesOnJourney(journey_id).select())
    return {"events": events, "stops": stops_of(events, notes, lot_names())}


def _with_words(query: Any) -> list[tuple[Any, str | None]]:
    return [(each, words_of(each.words_sealed, adapters().seal)) for each in db.session.scalars(query)]


def _inbox(filters: NoteFilters) -> dict[str, Any]:
    found = page_of(Notes(filters), page_number(request.args), endpoint=".inbox", **filters.address)
    return {"notes": found, "words": {row.Note.id: words_of(row.Note.words_sealed, adapters().seal)
                                      for row in found.rows}}


def _note_page(note_id: int, form: ReplyForm) -> str:
    opened = open_note(note_id, adapters().seal)
    return render_template(
        "experience/desk/note.html", opened=opened, note=opened.note, lots=lot_names(), form=form,
        tag_form=TagForm(formdata=None, tag=opened.note.tag or ""), take_form=TakeForm(formdata=None),
        status_form=StatusForm(formdata=None, status=opened.note.status))
