"""What members told us on pages: the inbox, one note, and what the team does with it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.models import NoteStatus, Tag
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import NoteFilters, page_number
from experience.desk.forms import ReplyForm, StatusForm, TagForm, TakeForm
from experience.desk.notes import Notes, lot_names, next_note, open_note, owners
from experience.desk.pages import page_of
from experience.desk.reply import reply as send_reply
from experience.desk.set_status import set_status
from experience.desk.tables import NOTES_HEAD, note_rows
from experience.desk.tag import tag_note
from experience.desk.take import take as take_note
from portal.web.live import part
from portal.web.page import CX, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table


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


@bp.get("/feedback/next")
@page(who=CX, exempt=WHY)
def next_one() -> Any:
    """On to the note that waits longest: mine before nobody's, a bad mood before others."""
    found = next_note(current_user.id, after=request.args.get("after", type=int))
    if found is None:
        flash(_("No note waits for you. Well done."), "ok")
        return redirect(url_for(".inbox"))
    return redirect(url_for(".note", note_id=found))


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
        try:
            take_note(note_id=note_id, by_user_id=current_user.id, instead_of=form.instead_of.data)
        except NotFound:
            raise
        except Refusal as refusal:  # a colleague was faster: the page says who, and may take it over
            flash(_("%(why)s Nothing was changed.", why=refusal.says), "warn")
        else:
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
        if form.instead_of.data:
            take_note(note_id=note_id, by_user_id=current_user.id, instead_of=form.instead_of.data)
        send_reply(note_id=note_id, by_user_id=current_user.id, words=form.words.data, seal=adapters().seal, now=now())
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
        form.words.errors = [f"{refusal.says} {refusal.remedy}"]
        return _note_page(note_id, form), refusal.status
    flash(_("Your answer is on its way to the member’s inbox and mail."), "ok")
    return redirect(url_for(".note", note_id=note_id))


def _inbox(filters: NoteFilters) -> dict[str, Any]:
    found = page_of(Notes(filters), page_number(request.args), endpoint=".inbox", **filters.address)
    return {"notes": found, "words": {row.Note.id: adapters().seal.read(row.Note.words_sealed)
                                      for row in found.rows}}


def _note_page(note_id: int, form: ReplyForm) -> str:
    opened = open_note(note_id, adapters().seal)
    return render_template(
        "experience/desk/note.html", opened=opened, note=opened.note, lots=lot_names(), form=form,
        tag_form=TagForm(formdata=None, tag=opened.note.tag or ""), take_form=TakeForm(formdata=None),
        status_form=StatusForm(formdata=None, status=opened.note.status))
