"""The page of one case, and everything that is done on it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.cases.blueprint import WHY, bp
from experience.cases.change import the_case
from experience.cases.close import close as close_case
from experience.cases.fix import link_case
from experience.cases.forms import NoteForm, PromiseForm, ReplyForm, TakeForm
from experience.cases.models import CauseCode, Outcome
from experience.cases.page import close_form, hand_over_form, link_form, page_of_case, remedy_form, settle_form
from experience.cases.promise import promise_in_case, settle_in_case
from experience.cases.remedy import give_case_credit, give_case_refund
from experience.cases.reopen import reopen as reopen_case
from experience.cases.reply import reply as send_reply
from experience.cases.take import hand_over as hand_case_over
from experience.cases.take import take as take_case
from experience.cases.write_note import write_note
from portal.billing.adjustments.models import AdjustmentState
from portal.web.forms import PressForm
from portal.web.page import CX, page
from portal.web.shell import adapters


@bp.get("/cases/<uuid:case_id>")
@page(who=CX, exempt=WHY)
def case(case_id: UUID) -> str:
    """One case: the member's journey on one line, and everything to be done about it."""
    return _page(case_id)


@bp.post("/cases/<uuid:case_id>/take")
@page(who=CX, exempt=WHY)
def take(case_id: UUID) -> Any:
    """The case is mine now, and I see whose it is."""
    form = TakeForm()
    if form.validate_on_submit():
        _press(_("You look after this case now."), lambda: take_case(
            case_id=case_id, by_user_id=current_user.id, instead_of=form.instead_of.data, seal=adapters().seal, now=now()))
    return _back(case_id)


@bp.post("/cases/<uuid:case_id>/hand-over")
@page(who=CX, exempt=WHY)
def hand_over(case_id: UUID) -> Any:
    """A colleague looks after it from now on."""
    form = hand_over_form(current_user.id)
    return _act(case_id, "hand_over", form, form.to_user, _l("Handed over."), lambda: hand_case_over(
        case_id=case_id, to_user_id=form.to_user.data, by_user_id=current_user.id, seal=adapters().seal, now=now()))


@bp.post("/cases/<uuid:case_id>/note")
@page(who=CX, exempt=WHY)
def note(case_id: UUID) -> Any:
    """A note for the team."""
    form = NoteForm(prefix="note-")
    return _act(case_id, "note", form, form.words, _l("The note is kept."), lambda: write_note(
        case_id=case_id, words=form.words.data, by_user_id=current_user.id, once=form.once.data, seal=adapters().seal,
        now=now()))


@bp.post("/cases/<uuid:case_id>/reply")
@page(who=CX, exempt=WHY)
def reply(case_id: UUID) -> Any:
    """Write to the member."""
    form = ReplyForm(prefix="reply-")
    return _act(case_id, "reply", form, form.words, _l("Your answer is on its way to the member’s inbox and mail."),
                lambda: send_reply(
                    case_id=case_id, words=form.words.data, waits=form.waits.data, by_user_id=current_user.id,
                    seen=form.seen.data, seen_entry=form.seen_entry.data, once=form.once.data, seal=adapters().seal, now=now()))


@bp.post("/cases/<uuid:case_id>/remedy")
@page(who=CX, exempt=WHY, fresh=True)
def remedy(case_id: UUID) -> Any:
    """Make it good with money."""
    form = remedy_form(the_case(case_id), current_user.id, now())

    def give() -> None:
        done: dict[str, Any] = {
            "case_id": case_id, "amount": form.amount.data, "why": form.why.data, "by_user_id": current_user.id,
            "seen": form.seen.data, "once": form.once.data, "now": now()}
        given = give_case_refund(line_id=form.line.data, **done) if form.line.data else give_case_credit(**done)
        if given.state == AdjustmentState.WAITING:
            flash(_("That is more than one person gives alone: it waits in the office for a second one to agree."), "warn")
        else:
            flash(_("Given. The member sees it in their account."), "ok")

    return _act(case_id, "remedy", form, form.amount, "", give)


@bp.post("/cases/<uuid:case_id>/promise")
@page(who=CX, exempt=WHY)
def promise(case_id: UUID) -> Any:
    """Promise the member something by a date."""
    form = PromiseForm(prefix="promise-")
    return _act(case_id, "promise", form, form.due, _l("Promised. It is in your list until you have kept it."),
                lambda: promise_in_case(
                    case_id=case_id, words=form.words.data, due_at=form.due_at, by_user_id=current_user.id, seen=form.seen.data,
                    once=form.once.data, seal=adapters().seal, now=now()))


@bp.post("/cases/<uuid:case_id>/close")
@page(who=CX, exempt=WHY)
def close(case_id: UUID) -> Any:
    """Close it with its outcome."""
    form = close_form(the_case(case_id), adapters().seal, now())
    said = _l("Closed. The member reads the outcome, and is asked tomorrow how it was.")
    return _act(case_id, "close", form, form.words, said, lambda: close_case(
        case_id=case_id, outcome=Outcome(form.outcome.data), cause=CauseCode(form.cause.data), words=form.words.data,
        by_user_id=current_user.id, seen=form.seen.data, seen_entry=form.seen_entry.data, once=form.once.data,
        seal=adapters().seal, now=now(), ends=form.ends))


@bp.post("/cases/<uuid:case_id>/settle")
@page(who=CX, exempt=WHY)
def settle(case_id: UUID) -> Any:
    """Say what became of something that one of us promised the member."""
    form = settle_form(the_case(case_id), adapters().seal)
    return _act(case_id, "settle", form, form.told, _l("Said. The member sees it among our promises."),
                lambda: settle_in_case(
                    case_id=case_id, promise_id=UUID(form.which.data), kept=form.kept.data == "yes",
                    evidence=form.evidence.data, told=form.told.data, by_user_id=current_user.id, seal=adapters().seal,
                    now=now()))


@bp.post("/cases/<uuid:case_id>/reopen")
@page(who=CX, exempt=WHY)
def reopen(case_id: UUID) -> Any:
    """It was not solved after all."""
    if PressForm().validate_on_submit():
        _press(_("The case is open again, and yours."), lambda: reopen_case(
            case_id=case_id, by_user_id=current_user.id, seal=adapters().seal, now=now()))
    return _back(case_id)


@bp.post("/cases/<uuid:case_id>/link")
@page(who=CX, exempt=WHY)
def link(case_id: UUID) -> Any:
    """Say which fix mends this for everybody."""
    form = link_form()
    return _act(case_id, "link", form, form.fix, _l("Linked."), lambda: link_case(
        case_id=case_id, fix_id=UUID(form.fix.data) if form.fix.data else None, by_user_id=current_user.id, now=now()))


def _act(case_id: UUID, name: str, form: Any, field: Any, said: Any, do: Callable[[], Any]) -> Any:
    """Do it and go back to the case; a no comes back into the form, with all that was typed."""
    the_case(case_id)
    if not form.validate_on_submit():
        return _page(case_id, **{name: form}), 422
    try:
        _take_over(case_id, form)
        do()
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
        db.session.rollback()
        field.errors = [f"{refusal.says} {refusal.remedy}"]
        for seen, value in _seen_now(case_id).items():
            if seen in form:
                form[seen].data, form[seen].raw_data = value, None
        return _page(case_id, **{name: form}), refusal.status
    if said:
        flash(str(said), "ok")
    return _back(case_id)


def _press(said: str, do: Callable[[], Any]) -> None:
    """Do what a button alone asks for, nothing typed; a no is said on the case as it stands now."""
    try:
        do()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(_("%(why)s Nothing was changed.", why=refusal.says), "warn")
    else:
        flash(said, "ok")


def _take_over(case_id: UUID, form: Any) -> None:
    """Where the form says from whom, the case is taken over with the same press; what was seen stays what was seen."""
    instead_of = request.form.get("instead_of", type=int)
    if instead_of is None:
        return
    taken = take_case(case_id=case_id, by_user_id=current_user.id, instead_of=instead_of, seal=adapters().seal, now=now())
    if taken.version == form.seen.data + 1:  # nothing came but our own taking
        form.seen.data = taken.version


def _seen_now(case_id: UUID) -> dict[str, Any]:
    """What somebody has before them who sees the page again."""
    fresh = page_of_case(case_id, current_user.id, adapters().seal, now())["forms"]["reply"]
    return {"seen": fresh.seen.data, "seen_entry": fresh.seen_entry.data}


def _back(case_id: UUID) -> Any:
    return redirect(url_for(".case", case_id=case_id))


def _page(case_id: UUID, **posted: Any) -> str:
    return render_template("experience/cases/case.html",
                           **page_of_case(case_id, current_user.id, adapters().seal, now(), **posted))
