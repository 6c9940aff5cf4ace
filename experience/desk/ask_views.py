"""The gate's pages for the CX team: who may be asked and why not, the rules and what a change would do, and the words."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.gate import Why
from experience.asks.here import hint_of, options_of
from experience.asks.in_force import rule_rows, rules_at, switch_on
from experience.asks.rules import GATE, RULES
from experience.asks.scale import SCALES
from experience.asks.solicitations import MOMENTS, SENT_BY_HAND, SOLICITATIONS, Solicitation
from experience.asks.tried import try_rules
from experience.asks.wording import Wording, checked, declared, delivered, versions_of, wording_of, write_wording
from experience.cases.fix import told_fixes
from experience.desk import ask_words
from experience.desk.ask_rule_form import SHARES, RuleForm, body_of, changed, labels_of, wording_form
from experience.desk.asks import (
    AFTER_A_TRIP,
    MemberLog,
    brought,
    counted,
    how_many,
    member_behind,
    one_page,
    pids_of,
    reasons,
    sample,
    standings,
    verdicts_of,
)
from experience.desk.filters import page_number
from experience.desk.pages import SIZE, page_of
from portal.web.forms import PressForm
from portal.web.page import CX, page

bp = Blueprint("cx_asks", __name__, url_prefix="/experience/asks")
WHY = "staff desk: the CX team is not on a member's journey"
TRIED_DAYS = 90
MOST_FIXES = 5  # that a digest begins with


@bp.context_processor
def _words() -> dict[str, Any]:
    """What these pages call things."""
    return {"WHYS": ask_words.WHYS, "LOGGED": ask_words.LOGGED, "METRICS": ask_words.METRICS, "UNITS": ask_words.UNITS,
            "SOLICITATIONS": SOLICITATIONS, "RULES": RULES}


@bp.get("/")
@page(who=CX, exempt=WHY)
def gate() -> str:
    """Every solicitation in numbers, why wishes were suppressed, and how many members may be asked now."""
    standing = standings(SOLICITATIONS[AFTER_A_TRIP], sample(), now())
    return render_template("experience/desk/asks/gate.html", brought=brought(now()), reasons=reasons(now()),
                           standing=counted(standing), judged=len(standing), total=how_many(),
                           form=PressForm(formdata=None),
                           version=rules_at(now()).version)


@bp.get("/members")
@page(who=CX, exempt=WHY)
def members() -> str:
    """Who may be asked something now, and why not."""
    key = request.args.get("what", AFTER_A_TRIP)
    what, why = declared(key if key in SOLICITATIONS else AFTER_A_TRIP), request.args.get("why", "")
    judged, number = standings(what, sample(), now()), page_number(request.args)
    if why:
        found = [each for each in judged if str(each.verdict.why or "allowed") == why]
        shown, total = found[(number - 1) * SIZE:number * SIZE], len(found)
    else:
        shown, total = standings(what, one_page(number, SIZE), now()), how_many()
    return render_template("experience/desk/asks/members.html", what=what, why=why, counted=counted(judged), shown=shown,
                           total=total, judged=len(judged), everybody=how_many(), number=number, size=SIZE,
                           pids=pids_of([each.member_id for each in shown]))


@bp.get("/members/<uuid:pid>")
@page(who=CX, exempt=WHY)
def member(pid: UUID) -> str:
    """What one member was asked, what was suppressed and why, and what the gate would say now."""
    member_id = member_behind(pid)
    verdicts = verdicts_of(member_id, now())
    lines = page_of(MemberLog(member_id), page_number(request.args), endpoint=".member", pid=pid)
    return render_template("experience/desk/asks/member.html", pid=pid, verdicts=verdicts, lines=lines)


@bp.get("/rules")
@page(who=CX, exempt=WHY)
def rules() -> Any:
    """The rules in force. With other numbers in the address: what those would have done to the last three months."""
    in_force, form = rules_at(now()), RuleForm.filled(rules_at(now()), formdata=None)
    tried, changes = None, {}
    if request.args.get("try"):
        form = RuleForm.filled(in_force, formdata=request.args, meta={"csrf": False})
        if form.validate():
            changes = changed(form.numbers, in_force)
            tried = try_rules(changes, now() - timedelta(days=TRIED_DAYS), now())
    return _rules_page(form, tried, changes)


@bp.post("/rules")
@page(who=CX, exempt=WHY)
def switch() -> Any:
    """Put the numbers in force from a day on."""
    at = now()
    form = RuleForm.filled(rules_at(at))
    if not form.validate_on_submit():
        return _rules_page(form, None, {})
    try:
        version = switch_on(changes=changed(form.numbers, rules_at(form.begins(at))), since=form.begins(at),
                            by_user_id=current_user.id, now=at)
    except Refusal as refusal:  # the page keeps the numbers, so the no goes into it
        form.since.errors = [f"{refusal.says} {refusal.remedy}"]
        return _rules_page(form, None, {}, refusal.status)
    flash(_("Switched on as version %(version)d.", version=version), "ok")
    return redirect(url_for(".rules"))


def _rules_page(form: RuleForm, tried: Any, changes: dict[str, int], status: int = 0) -> Any:
    in_force = rules_at(now())
    return render_template(
        "experience/desk/asks/rules.html", form=form, in_force=in_force, gate=GATE, shares=SHARES, tried=tried, changes=changes,
        rows=rule_rows(), confirm=RuleForm(formdata=None, data=form.numbers | {"since": form.since.data}),
        pids=pids_of([each.member_id for each in tried.members] if tried else []), days=TRIED_DAYS,
        moments=MOMENTS), status or form.page_status


@bp.post("/<solicitation>/pause")
@page(who=CX, exempt=WHY)
def pause(solicitation: str) -> Any:
    """Stop asking this, or ask it again."""
    what = declared(solicitation)
    if PressForm().validate_on_submit():
        key, at = f"active_{what.key}", now()
        switch_on(changes={key: 1 - rules_at(at)[key]}, since=at, by_user_id=current_user.id, now=at)
        flash(_("Asked again from now on.") if rules_at(at)[key]
              else _("Paused: nobody is asked this until you resume it."), "ok")
    return redirect(url_for(".gate"))


@bp.route("/<solicitation>/words", methods=["GET", "POST"])
@page(who=CX, exempt=WHY)
def words(solicitation: str) -> Any:
    """The words of a question: as they are, in a preview, and saved as a new version."""
    what, locale = declared(solicitation), current_app.config["BABEL_DEFAULT_LOCALE"]
    if what.metric is None and not what.stage and what.key not in SENT_BY_HAND:
        raise NotFound(solicitation=solicitation)
    size = len(SCALES[what.metric].values) if what.metric else 0
    in_force, status = wording_of(what.key, locale, now()), 200
    form = wording_form(what, size)(data={"question": in_force.question, "body": _body(what, in_force)} | {
        f"label{place}": label for place, label in enumerate(in_force.labels[:size])})
    seen = in_force
    if form.validate_on_submit():
        try:
            seen = checked(what, form.question.data, labels_of(form, size), body_of(form))
            if request.form.get("act") == "save":
                row = write_wording(solicitation=what.key, locale=locale, question=form.question.data,
                                    labels=labels_of(form, size), body=body_of(form), by_user_id=current_user.id, now=now())
                flash(_("Asked in these words from now on, as version %(version)d.", version=row.version), "ok")
                return redirect(url_for(".words", solicitation=what.key))
        except Refusal as refusal:
            form.question.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
    db.session.rollback()
    return render_template(
        "experience/desk/asks/words.html", what=what, form=form, seen=seen, in_force=in_force, size=size,
        options=options_of(what, seen), hint=hint_of(what, seen), versions=versions_of(what.key, locale),
        first=delivered(what, locale)), max(status, form.page_status)


def _body(what: Solicitation, in_force: Wording) -> str:
    """The words of news to begin with: of a digest, what was told since as "you said, we did"."""
    fixes = told_fixes()[:MOST_FIXES] if what.key == "digest" and request.args.get("start") == "fixes" else []
    told = [f"{_('You said:')} {fix.said}\n{_('We did:')} {fix.published}" for fix in fixes]
    return "\n\n".join([in_force.body, *told])


@bp.app_template_filter()
def why_words(why: str | Why | None) -> Any:
    """A reason in words; none means allowed."""
    return ask_words.WHYS.get(str(why), why) if why else _("May be asked")
