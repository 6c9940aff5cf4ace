"""The help desk's pages about suggestions and remarks."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.time import now
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from portal.desk.help.blueprint import WHY, bp
from portal.desk.help.forms import RemarkForm, SuggestionForm
from portal.desk.help.who import pid_behind, sees_names
from portal.help.remarks.models import RemovedWhy
from portal.help.remarks.queries import remarks_to_look_at, reports_of, the_remark
from portal.help.remarks.write import decide_remark, reply_to_remark
from portal.help.suggestions.models import SuggestionState
from portal.help.suggestions.queries import Suggestions, the_suggestion
from portal.help.suggestions.suggest import answer_suggestion
from portal.help.words import REMARK_STATES, REMOVED, SUGGESTION_STATES
from portal.web.page import SUPPORT, page
from portal.web.shell import adapters


@bp.get("/suggestions")
@page(who=SUPPORT, exempt=WHY)
def suggestions() -> str:
    """What members wish for, the most wanted first."""
    return render_template("portal/desk/help/suggestions.html", found=Suggestions().all(), states=SUGGESTION_STATES)


@bp.route("/suggestions/<uuid:suggestion_id>", methods=["GET", "POST"])
@page(who=SUPPORT, exempt=WHY)
def suggestion(suggestion_id: UUID) -> Any:
    """Answer a suggestion in public."""
    found = the_suggestion(suggestion_id)
    form = SuggestionForm(state=found.state, answer=found.answer)
    if form.validate_on_submit():
        answer_suggestion(suggestion_id=suggestion_id, state=SuggestionState(form.state.data), answer=form.answer.data,
                          by_user_id=current_user.id, now=now())
        flash(_("Answered. Everybody who wants it hears of it."), "ok")
        return redirect(url_for("help_desk.suggestions"))
    return render_template("portal/desk/help/suggestion.html", form=form, suggestion=found, states=SUGGESTION_STATES,
                           words=adapters().seal.read(found.words_sealed)), form.page_status


@bp.get("/remarks")
@page(who=SUPPORT, exempt=WHY)
def remarks() -> str:
    """Notes of members that somebody of ours has to look at."""
    show = "all" if request.args.get("show") == "all" else ""
    return render_template("portal/desk/help/remarks.html", found=remarks_to_look_at(show), show=show, states=REMARK_STATES,
                           names=sees_names(current_user.roles))


@bp.route("/remarks/<uuid:remark_id>", methods=["GET", "POST"])
@page(who=SUPPORT, exempt=WHY)
def remark(remark_id: UUID) -> Any:
    """Show a note or not, and reply below it."""
    found = the_remark(remark_id)
    form = RemarkForm(reply=found.reply)
    if form.validate_on_submit():
        if (form.reply.data or None) != found.reply:
            reply_to_remark(remark_id=remark_id, reply=form.reply.data or "", by_user_id=current_user.id, now=now())
        if form.deed.data in ("show", "hide"):
            decide_remark(remark_id=remark_id, shown=form.deed.data == "show", by_user_id=current_user.id, now=now(),
                          why=RemovedWhy(form.why.data) if form.deed.data == "hide" else None)
        flash(_("Done."), "ok")
        return redirect(url_for("help_desk.remarks"))
    return render_template(
        "portal/desk/help/remark.html", form=form, remark=found, states=REMARK_STATES, reports=reports_of(remark_id),
        REMOVED=REMOVED, writer=db.session.get(Member, found.member_id), names=sees_names(current_user.roles),
        pid=pid_behind(found), car=db.session.get(Car, found.car_id or 0),
        lot=db.session.get(Lot, found.lot_id or 0)), form.page_status
