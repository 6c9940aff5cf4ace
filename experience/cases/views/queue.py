"""The queue of cases, the next one in it, and a new one opened by hand."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.cases.blueprint import WHY, bp
from experience.cases.clock import clock_of
from experience.cases.forms import OpenForm
from experience.cases.models import Severity
from experience.cases.open import open_by_hand
from experience.cases.queries import Cases, next_case
from experience.cases.subject import subject_of
from experience.cases.week import week_at
from experience.journey import Step
from portal.web.listing import every_row, listed
from portal.web.page import CX, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table

HEAD = ("id", "opened_at", "due_at", "clock", "severity", "state", "rule", "step", "owner", "first_reply_at", "closed_at",
        "outcome", "cause", "reopened", "about_a_trip", "fix")


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
