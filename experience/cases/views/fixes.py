"""The pages of the outer loop: what is mended for everybody, what it changed, and what the public reads of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.cases import words
from experience.cases.board import WEIGHTS, before_after, board, off_the_board, rank_of
from experience.cases.fix import Plan, cases_of, change_fix, plan_fix, publish_fix, the_fix, told_fixes, unpublish_fix
from experience.cases.forms import FixForm, PublishForm, SeenForm
from experience.cases.models import Fix, FixState, Measure
from experience.cases.queries import colleagues
from experience.journey import STAGE_LABELS, STEPS, Step
from portal.account.models import User
from portal.web.page import ANYONE, CX, page
from portal.web.spreadsheet import table

bp = Blueprint("cx_fixes", __name__, url_prefix="/experience")
told = Blueprint("you_said", __name__)
WHY = "staff desk: the CX team is not on a member's journey"
HEAD = ("id", "title", "step", "state", "measure", "owner_id", "reach", "cases", "severity", "value_cents", "score",
        "created_at", "started_at", "done_at", "published_at")


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the templates call things."""
    return {"FIX_STATES": words.FIX_STATES, "MEASURES": words.MEASURES, "WEIGHTS": WEIGHTS, "SEVERITIES": words.SEVERITIES,
            "STEPS": STEPS, "STAGES": STAGE_LABELS}


def _state() -> FixState | None:
    asked = request.args.get("state", "")
    return FixState(asked) if asked in set(FixState) else None


@bp.get("/fixes")
@page(who=CX, exempt=WHY)
def all_fixes() -> str:
    """What to mend first, and why."""
    names = {user_id: name for user_id, name in db.session.execute(select(User.id, User.name).join(
        Fix, Fix.owner_id == User.id))}
    return render_template("experience/cases/fixes.html", placed=board(now(), _state()), chosen=_state(), names=names,
                           older=off_the_board(_state()))


@bp.get("/fixes.csv")
@page(who=CX, exempt=WHY)
def fixes_csv() -> Any:
    """The board for a spreadsheet."""
    return table("fixes.csv", HEAD, (
        [fix.id, fix.title, fix.step, fix.state, fix.measure, fix.owner_id, rank.reach, rank.cases,
         round(float(rank.severity), 2), rank.value.cents, rank.score,
         *(at and at.isoformat() for at in (fix.created_at, fix.started_at, fix.done_at, fix.published_at))]
        for fix, rank in ((one.fix, one.rank) for one in board(now(), _state()))))


@bp.route("/fixes/new", methods=["GET", "POST"])
@page(who=CX, exempt=WHY)
def new() -> Any:
    """Put an idea on the board."""
    form = _form(owner=current_user.id, step=request.args.get("step", ""))
    if not form.validate_on_submit():
        return render_template("experience/cases/new_fix.html", form=form), form.page_status
    fix = plan_fix(plan=_plan(form), by_user_id=current_user.id, now=now())
    flash(_("It is on the board. Link the cases that it mends from their pages."), "ok")
    return redirect(url_for(".one", fix_id=fix.id))


@bp.get("/fixes/<uuid:fix_id>")
@page(who=CX, exempt=WHY)
def one(fix_id: UUID) -> str:
    """One fix: why it ranks where it does, and what it changed."""
    return _page(fix_id)


@bp.post("/fixes/<uuid:fix_id>")
@page(who=CX, exempt=WHY)
def change(fix_id: UUID) -> Any:
    """Change it, or say where it stands."""
    the_fix(fix_id)
    form = _form()
    if not form.validate_on_submit() or form.seen.data is None:
        return _page(fix_id, form=form), 422
    return _act(fix_id, "form", form, form.state, _("Saved."), lambda: change_fix(
        fix_id=fix_id, plan=_plan(form), state=FixState(form.state.data), seen=form.seen.data, now=now()))


@bp.post("/fixes/<uuid:fix_id>/publish")
@page(who=CX, exempt=WHY)
def publish(fix_id: UUID) -> Any:
    """Tell everybody, and those who said it."""
    the_fix(fix_id)
    form = PublishForm(prefix="tell-")
    if not form.validate_on_submit():
        return _page(fix_id, tell=form), 422
    told_them = _("It stands on the public page; who said it hears of it when the ask gate lets us.")
    return _act(fix_id, "tell", form, form.did, told_them, lambda: publish_fix(
        fix_id=fix_id, said=form.said.data, did=form.did.data, seen=form.seen.data, now=now()))


@bp.post("/fixes/<uuid:fix_id>/unpublish")
@page(who=CX, exempt=WHY)
def unpublish(fix_id: UUID) -> Any:
    """Show it no longer."""
    the_fix(fix_id)
    form = SeenForm(prefix="back-")
    if not form.validate_on_submit():
        return redirect(url_for(".one", fix_id=fix_id))
    unpublish_fix(fix_id=fix_id, seen=form.seen.data)
    flash(_("It is off the public page."), "ok")
    return redirect(url_for(".one", fix_id=fix_id))


@told.get("/you-said")
@page(Step.STAY_PULSE, who=ANYONE, whole=True)
def you_said() -> str:
    """What members said, and what we did about it."""
    return render_template("experience/cases/you_said.html", fixes=told_fixes())


def _form(**given: Any) -> FixForm:
    form = FixForm(**given)
    form.owner.choices = colleagues()
    return form


def _plan(form: FixForm) -> Plan:
    return Plan(form.title.data, Step(form.step.data), form.hypothesis.data, Measure(form.measure.data), form.owner.data)


def _act(fix_id: UUID, name: str, form: Any, field: Any, said: str, do: Any) -> Any:
    """Do it and go back to the fix; a no comes back into the form, with all that was typed."""
    try:
        do()
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, so the no goes into it
        db.session.rollback()
        field.errors = [f"{refusal.says} {refusal.remedy}"]
        form.seen.data, form.seen.raw_data = the_fix(fix_id).version, None
        return _page(fix_id, **{name: form}), refusal.status
    flash(said, "ok")
    return redirect(url_for(".one", fix_id=fix_id))


def _page(fix_id: UUID, **posted: Any) -> str:
    fix = the_fix(fix_id)
    forms = {"form": _form(formdata=None, seen=fix.version, title=fix.title, step=fix.step, hypothesis=fix.hypothesis,
                           measure=fix.measure, owner=fix.owner_id, state=fix.state),
             "tell": PublishForm(prefix="tell-", formdata=None, seen=fix.version, said=fix.said, did=fix.published),
             "back": SeenForm(prefix="back-", formdata=None, seen=fix.version)}
    return render_template(
        "experience/cases/fix.html", fix=fix, rank=rank_of(fix, now()), cases=cases_of(fix.id),
        owner=db.session.get(User, fix.owner_id), change=before_after(fix, now()), at=now(), **forms | posted)
