"""The page of leaving, two taps from the account page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.asks.here import ask_here, question_of, shown_to
from experience.asks.models import Hope, Means
from experience.journey import Step
from portal.account.leave.at_leaving import least_time_to_answer, told_at_leaving
from portal.account.leave.forms import LeaveForm
from portal.account.leave.in_the_way import Obstacle, in_the_way
from portal.account.leave.leave import Instead, NoMemberYet, NotYet, departure_of
from portal.account.leave.leave import leave as end_membership
from portal.account.leave.models import Reason
from portal.account.models import MemberStatus
from portal.account.signing import leave as sign_out
from portal.web import say
from portal.web.forms import PressForm
from portal.web.page import MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("leave", __name__)


@bp.route("/account/leave", methods=["GET", "POST"])
@page(Step.LEAVE_CLOSE, who=MEMBERS)
def show() -> Any:
    """What leaving means, what stands in its way, and the button; on POST, the end."""
    if me().status == MemberStatus.CLOSED:
        return render_template("portal/account/leave/left.html", departure=departure_of(me().id))
    if me().status == MemberStatus.APPLICANT:
        return render_template("portal/account/leave/no_member.html", press=PressForm(formdata=None)), (
            NoMemberYet.status if request.method == "POST" else 200)
    obstacles = in_the_way(me().id, now())
    asked = None if obstacles else ask_here("leaving_instead")
    ask = asked.ask if asked else shown_to(me().id, "leaving_instead")
    form = LeaveForm().ask(question_of(ask).wording.question if ask else None)
    if not form.validate_on_submit():
        return _page(form, obstacles), form.page_status
    try:
        departure = end_membership(
            member=me(), reason=Reason(form.reason.data) if form.reason.data else None, words=form.words.data or "",
            instead=Instead(ask.id, Means(form.means.data) if form.means.data else None,
                            Hope(form.hope.data) if form.hope.data else None) if ask else None,
            seal=adapters().seal, now=now())
    except NotYet as refusal:  # the page lists what stands in the way now
        return _page(form, in_the_way(me().id, now()), refusal), refusal.status
    sign_out(current_user)
    flash(_("Your membership ended on %(time)s. We have sent you a letter that says so.", time=say.moment(departure.at)), "ok")
    return redirect(url_for("site.home"))


def _page(form: LeaveForm, obstacles: list[Obstacle], refusal: NotYet | None = None) -> str:
    return render_template("portal/account/leave/show.html", form=form, obstacles=obstacles, refusal=refusal,
                           money=told_at_leaving(me().id, now()), may_pause=me().status == MemberStatus.ACTIVE,
                           hear=least_time_to_answer(now()))
