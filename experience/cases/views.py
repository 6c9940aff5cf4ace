"""The pages of cases: the queue, one case on one screen, and the week."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.scale import SCALES
from experience.cases import words
from experience.cases.change import the_case
from experience.cases.clock import clock_of
from experience.cases.close import close as close_case
from experience.cases.digest import bad_answers, bad_notes, digest_of
from experience.cases.fix import link_case
from experience.cases.forms import CloseForm, NoteForm, OpenForm, PromiseForm, RemedyForm, ReplyForm, TakeForm
from experience.cases.models import CaseReason, CauseCode, Outcome, Severity
from experience.cases.open import open_by_hand
from experience.cases.page import hand_over_form, lines_of, link_form, page_of_case
from experience.cases.promise import promise_in_case
from experience.cases.queries import Cases, next_case
from experience.cases.remedy import give_case_credit, give_case_refund
from experience.cases.reopen import reopen as reopen_case
from experience.cases.replay import SOURCES
from experience.cases.reply import reply as send_reply
from experience.cases.subject import subject_of
from experience.cases.take import hand_over as hand_case_over
from experience.cases.take import take as take_case
from experience.cases.week import week_at, week_named
from experience.cases.write_note import write_note
from experience.journey import STAGE_LABELS, STEPS, Ask, Step
from portal.billing.adjustments.models import AdjustmentState
from portal.web.forms import Form
from portal.web.listing import every_row, listed
from portal.web.page import CX, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table

bp = Blueprint("cx_cases", __name__, url_prefix="/experience")
WHY = "staff desk: the CX team is not on a member's journey"
HEAD = ("id", "opened_at", "due_at", "clock", "severity", "state", "rule", "step", "owner", "first_reply_at", "closed_at",
        "outcome", "cause", "reopened", "about_a_trip", "fix")
bp.add_app_template_filter(words.clock_words)


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the templates call things."""
    return {"RULES": words.RULES, "SEVERITIES": words.SEVERITIES, "STATES": words.STATES, "OUTCOMES": words.OUTCOMES,
            "CAUSES": words.CAUSES, "ACTS": words.ACTS, "SOURCES": SOURCES, "STEPS": STEPS, "STAGES": STAGE_LABELS,
            "clock_of": clock_of}


@bp.app_template_global()
def case_about(about: str) -> UUID | None:
    """The case that was opened from something, by its reference."""
    return db.session.scalar(select(CaseReason.case_id).where(CaseReason.about == about).order_by(CaseReason.id).limit(1))


def _asked() -> Cases:
    return Cases.read(request.args, user_id=current_user.id, now=now())


@bp.get("/cases")
@page(who=CX, exempt=WHY)
def queue() -> str:
    """Cases by their clock, those that are late first."""
    found = listed(_asked(), "cx_cases.queue", [
        ("due", _("Clock"), False), ("severity", _("How bad"), False), ("", _("Why"), False), ("step", _("Step"), False),
        ("opened", _("Opened"), False), ("", _("Who"), False), ("owner", _("Looked after by"), False), ("", _("State"), False)])
    return render_template("experience/cases/queue.html", found=found, at=now(), week=week_at(now()).before)


@bp.get("/cases.csv")
@page(who=CX, exempt=WHY)
def queue_csv() -> Any:
    """Cases for a spreadsheet, without anybody's name or words."""
    at = now()
    return table("cases.csv", HEAD, (
        [case.id, case.opened_at.isoformat(), case.due_at.isoformat(), clock_of(case, at).face, case.severity, case.state,
         case.rule, case.step, owner, case.first_reply_at and case.first_reply_at.isoformat(),
         case.closed_at and case.closed_at.isoformat(), case.outcome, case.cause_code, case.reopened,
         "yes" if case.reservation_id else "no", case.fix_id]
        for case, owner, _pid, _reference in every_row(_asked())))


@bp.get("/cases/next")
@page(who=CX, exempt=WHY)
def next_one() -> Any:
    """On to the case whose clock runs out first: mine before nobody's."""
    found = next_case(current_user.id, after=request.args.get("after", type=UUID))
    if found is None:
        flash(_("Nothing waits for you. Well done."), "ok")
        return redirect(url_for(".queue"))
    return redirect(url_for(".case", case_id=found))


@bp.route("/cases/open", methods=["GET", "POST"])
@page(who=CX, exempt=WHY)
def open_one() -> Any:
    """Open a case from a note, an answer, a conversation, a promise or a journey; `about` says which."""
    subject = subject_of(request.values.get("about", ""))
    form = OpenForm(step=str(subject.step or ""))
    if not form.validate_on_submit():
        return render_template("experience/cases/open.html", form=form, subject=subject), form.page_status
    case = open_by_hand(
        member_id=subject.member_id, step=Step(form.step.data), severity=Severity(form.severity.data), about=subject.about,
        words=form.words.data or "", by_user_id=current_user.id, reservation_id=subject.reservation_id,
        seal=adapters().seal, now=now())
    flash(_("You look after this case now.") if case.owner_id == current_user.id else _("There is a case already."), "ok")
    return redirect(url_for(".case", case_id=case.id))


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
        take_case(case_id=case_id, by_user_id=current_user.id, instead_of=form.instead_of.data, seal=adapters().seal, now=now())
        flash(_("You look after this case now."), "ok")
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
@page(who=CX, exempt=WHY)
def remedy(case_id: UUID) -> Any:
    """Make it good with money."""
    form = RemedyForm(lines_of(the_case(case_id)), prefix="remedy-")

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
    form = CloseForm(prefix="close-")
    said = _l("Closed. The member reads the outcome, and is asked tomorrow how it was.")
    return _act(case_id, "close", form, form.words, said, lambda: close_case(
        case_id=case_id, outcome=Outcome(form.outcome.data), cause=CauseCode(form.cause.data), words=form.words.data,
        by_user_id=current_user.id, seen=form.seen.data, once=form.once.data, seal=adapters().seal, now=now()))


@bp.post("/cases/<uuid:case_id>/reopen")
@page(who=CX, exempt=WHY)
def reopen(case_id: UUID) -> Any:
    """It was not solved after all."""
    if Form().validate_on_submit():
        reopen_case(case_id=case_id, by_user_id=current_user.id, seal=adapters().seal, now=now())
        flash(_("The case is open again, and yours."), "ok")
    return _back(case_id)


@bp.post("/cases/<uuid:case_id>/link")
@page(who=CX, exempt=WHY)
def link(case_id: UUID) -> Any:
    """Say which fix mends this for everybody."""
    form = link_form()
    return _act(case_id, "link", form, form.fix, _l("Linked."), lambda: link_case(
        case_id=case_id, fix_id=UUID(form.fix.data) if form.fix.data else None, by_user_id=current_user.id, now=now()))


@bp.get("/digest")
@page(who=CX, exempt=WHY)
def newest_digest() -> Any:
    """On to the last whole week."""
    return redirect(url_for(".digest", week_name=week_at(now()).before.name))


@bp.get("/digest/<week_name>")
@page(who=CX, exempt=WHY)
def digest(week_name: str) -> str:
    """A week in numbers, each opening into its rows, with what members said."""
    week = week_named(week_name)
    if week is None or week.starts > now():
        raise NotFound(week=week_name)
    notes, answers = (db.session.scalars(query(week).limit(20)).all() for query in (bad_notes, bad_answers))
    seal = adapters().seal
    said = sorted([*((one.at, one, seal.read(one.words_sealed), _what(one)) for one in notes),
                   *((one.at, one, seal.read(one.words_sealed), _what(one)) for one in answers)], key=lambda each: each[0])
    return render_template("experience/cases/digest.html", digest=digest_of(week), said=said, week=week,
                           is_over=week.ends <= now())


def _what(said: Any) -> tuple[str, str]:
    """The reference under which a case is opened from it, and its value in words."""
    if hasattr(said, "mood"):
        return f"note:{said.id}", _("a bad mood")
    return f"answer:{said.id}", _("%(value)d of %(high)d", value=said.value, high=SCALES[Ask(said.metric)].high)


def _act(case_id: UUID, name: str, form: Any, field: Any, said: Any, do: Callable[[], Any]) -> Any:
    """Do it and go back to the case; a no comes back into the form, with all that was typed."""
    the_case(case_id)
    if not form.validate_on_submit():
        return _page(case_id, **{name: form}), 422
    try:
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


def _seen_now(case_id: UUID) -> dict[str, Any]:
    """What somebody has before them who sees the page again."""
    fresh = page_of_case(case_id, current_user.id, adapters().seal, now())["forms"]["reply"]
    return {"seen": fresh.seen.data, "seen_entry": fresh.seen_entry.data}


def _back(case_id: UUID) -> Any:
    return redirect(url_for(".case", case_id=case_id))


def _page(case_id: UUID, **posted: Any) -> str:
    return render_template("experience/cases/case.html",
                           **page_of_case(case_id, current_user.id, adapters().seal, now(), **posted))
