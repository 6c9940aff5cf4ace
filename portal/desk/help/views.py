"""The help desk's pages: the queue, the next one in it, and a conversation with its answer."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from portal.account.looks.models import Opened
from portal.account.looks.note import note_desk_look
from portal.desk.help.blueprint import WHY, back_to, bp
from portal.desk.help.forms import AnswerForm, NoteForm
from portal.desk.help.look import look
from portal.desk.help.page import empty_answer, page_of, the_conversation, values_of
from portal.desk.help.queue import Conversations, by_words, helpers, next_conversation
from portal.desk.help.who import has_seen, sees_names
from portal.help.entries import newest_entry
from portal.help.models import Conversation
from portal.help.note import add_note
from portal.help.reply import reply_to
from portal.help.solve import reply_and_solve
from portal.help.take import take
from portal.help.template import count_use, fill, the_template
from portal.help.words import step_label
from portal.web.listing import listed
from portal.web.page import SUPPORT, page
from portal.web.shell import adapters


@bp.get("/")
@page(who=SUPPORT, exempt=WHY)
def queue() -> str:
    """What waits for an answer, by the time we promised."""
    names = sees_names(current_user.roles)
    asked = Conversations.read(request.args, now=now(), user_id=current_user.id, names=names)
    columns = [("due", _("Answer by"), False), ("", _("From"), False), ("", _("About"), False), ("", _("Last word"), False),
               ("", _("Looked after by"), False), ("last", _("Last"), False), ("", _("Stands"), False)]
    found, in_words = listed(asked, "help_desk.queue", columns), False
    if asked.q and not found.total:  # nobody and nothing is called that: look into the newest page's words
        in_words = True
        found = listed(Conversations.read(request.args, now=now(), user_id=current_user.id, names=names, among=by_words(
            asked, adapters().seal)), "help_desk.queue", columns)
    seal = adapters().seal
    words = {row.Conversation.id: seal.read(row.sealed) for row in found.rows}
    return render_template("portal/desk/help/queue.html", found=found, words=words, at=now(), helpers=helpers(),
                           in_words=in_words, step_label=step_label, names=names)


@bp.get("/next")
@page(who=SUPPORT, exempt=WHY)
def next_one() -> Any:
    """On to the conversation that is due first: mine before nobody's."""
    found = next_conversation(current_user.id, after=request.args.get("after", type=UUID))
    if found is None:
        flash(_("Nobody waits for you. Well done."), "ok")
        return redirect(url_for("help_desk.queue"))
    return back_to(found)


@bp.get("/<uuid:conversation_id>")
@page(who=SUPPORT, exempt=WHY)
def conversation(conversation_id: UUID) -> Any:
    """One conversation, with what is known around it."""
    found = the_conversation(conversation_id)
    if found.merged_into_id:
        return back_to(found.merged_into_id)
    note_desk_look(member_id=found.member_id, by_user_id=current_user.id, opened=Opened.CONVERSATION, now=now())
    return _page(the_conversation(conversation_id), empty_answer(found))


@bp.post("/<uuid:conversation_id>/answer")
@page(who=SUPPORT, exempt=WHY)
def answer(conversation_id: UUID) -> Any:
    """Send an answer, and solve it with the same press if it is; or put a template in. Nothing typed is ever lost."""
    found, form = the_conversation(conversation_id), AnswerForm()
    valid = form.validate_on_submit()
    if form.insert.data:
        return _with_template(found, form)
    if not valid:
        return _page(found, form), form.page_status
    try:
        _send(found.id, form)
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, and shows what was written meanwhile
        db.session.expire_all()
        form.words.errors, form.seen.data = [f"{refusal.says} {refusal.remedy}"], newest_entry(found.id)
        form.seen.raw_data = None
        return _page(the_conversation(conversation_id), form), refusal.status
    flash(_("Your answer is on its way, and it is solved.") if form.solve.data else _("Your answer is on its way."), "ok")
    return redirect(url_for("help_desk.queue"))


def _send(conversation_id: UUID, form: AnswerForm) -> None:
    if form.instead_of.data:
        take(conversation_id=conversation_id, by_user_id=current_user.id, now=now(), instead_of=form.instead_of.data)
    send = reply_and_solve if form.solve.data else reply_to
    send(conversation_id=conversation_id, words=form.words.data, by_user_id=current_user.id, seal=adapters().seal, now=now(),
         seen=form.seen.data, once=form.once.data)
    look(conversation_id)


def _with_template(found: Conversation, form: AnswerForm) -> Any:
    chosen = the_template(int(form.template.data)) if (form.template.data or "").isdecimal() else None
    if chosen is not None:
        values = values_of(found, current_user.name.split()[0], names=sees_names(current_user.roles) or has_seen(
            found, current_user.id))
        form.words.data = "\n\n".join(part for part in (form.words.data, fill(chosen.words, values)) if part)
        count_use(template_id=chosen.id)
    form.words.errors = form.seen.errors = form.once.errors = []
    return _page(found, form)


@bp.post("/<uuid:conversation_id>/note")
@page(who=SUPPORT, exempt=WHY)
def note(conversation_id: UUID) -> Any:
    """A word among ourselves."""
    found, form = the_conversation(conversation_id), NoteForm()
    if not form.validate_on_submit():
        return _page(found, empty_answer(found), note_form=form), form.page_status
    add_note(conversation_id=found.id, words=form.inside.data, by_user_id=current_user.id, seal=adapters().seal, now=now())
    flash(_("The note is kept. Only we see it."), "ok")
    return back_to(found.id)


def _page(found: Conversation, form: AnswerForm, **posted: Any) -> str:
    return render_template("portal/desk/help/conversation.html",
                           **page_of(found, current_user.id, adapters().seal, now(), form=form,
                                     names=sees_names(current_user.roles), **posted))
