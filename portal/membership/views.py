"""My plan, changing it, and pausing: one page each, two taps from the account page."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as NoSuchPlan

from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus, Plan
from portal.account.next_page import safe_next
from portal.account.plans.ahead import change_ahead_of, pause_of
from portal.billing.membership.months import month_begin, rest_of_month
from portal.billing.words import plan_name
from portal.membership.change_plan import change_plan, undo_change
from portal.membership.compare import past_months
from portal.membership.errors import FeeHasChanged, PauseTooLong, SamePlan, TripsAhead
from portal.membership.forms import ChangeForm, PauseForm
from portal.membership.pause import pause as begin_pause
from portal.membership.pause import pause_days
from portal.membership.pause import resume as end_pause
from portal.membership.prices import prices_of
from portal.signup.plan import fees_at
from portal.web import say
from portal.web.forms import PressForm
from portal.web.page import MEMBERS, me, page
from reservations.booking.leaving import trips_in_the_way

bp = Blueprint("membership", __name__)
USUAL_PAUSE = timedelta(days=30)


def _elsewhere() -> Any:
    """The page for somebody without a membership; None for members."""
    if me().status == MemberStatus.APPLICANT:
        return redirect(url_for("join.start"))
    return redirect(url_for("membership.rejoin")) if me().status == MemberStatus.CLOSED else None


@bp.get("/account/plan")
@page(Step.MANAGE_DETAILS, who=MEMBERS, whole=True)
def show() -> Any:
    """The plan I am on, what my last months cost on it and would have cost on the others, and the ways on."""
    if (elsewhere := _elsewhere()) is not None:
        return elsewhere
    at = now()
    return render_template(
        "portal/membership/show.html", member=me(), ahead=change_ahead_of(me().id), pause=pause_of(me().id),
        prices=prices_of(me(), at), past=past_months(me(), at), plan_name=plan_name,
        plans=sorted(Plan, key=lambda plan: plan != me().plan), press=PressForm(formdata=None),
        most=policies_at(at)["pause_most"].value)


@bp.route("/account/plan/change", methods=["GET", "POST"])
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def change() -> Any:
    """The difference, and from when on it counts; on POST the change is asked for."""
    if (elsewhere := _elsewhere()) is not None:
        return elsewhere
    form = ChangeForm()
    if not form.is_submitted():
        return _confirm(request.args.get("to", ""))
    if not form.validate_on_submit():
        return redirect(url_for("membership.show"))
    try:
        made = change_plan(member=me(), plan=Plan(form.plan.data), fee_cents=form.fee.data, now=now())
    except FeeHasChanged as refusal:  # the page shows the new one
        flash(f"{refusal.says} {refusal.remedy}", "warn")
        return redirect(url_for("membership.change", to=form.plan.data))
    except SamePlan:  # another tab was faster
        return redirect(url_for("membership.show"))
    flash(_("From %(day)s on you are on %(plan)s.", day=say.day(made.counts_from, year=True), plan=plan_name(made.to_plan)),
          "ok")
    return redirect(url_for("membership.show"))


def _confirm(wanted: str) -> Any:
    if wanted not in set(Plan):
        raise NoSuchPlan()
    plan, at = Plan(wanted), now()
    if plan == me().plan:
        return redirect(url_for("membership.show"))
    counts_from = month_begin(at, say.CITY_ZONE, 1)
    form = ChangeForm(formdata=None, data={"plan": str(plan), "fee": fees_at(counts_from)[plan].amount.cents})
    return render_template("portal/membership/change.html", form=form, plan=plan, mine=Plan(me().plan),
                           prices=prices_of(me(), counts_from), counts_from=counts_from, past=past_months(me(), at),
                           plan_name=plan_name, reduced_until=me().reduced_until)


@bp.post("/account/plan/undo")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def undo() -> Any:
    """Stay on the plan."""
    if PressForm().validate_on_submit():
        undo_change(member=me(), now=now())
        flash(_("Undone. You stay on %(plan)s.", plan=plan_name(me().plan)), "ok")
    return redirect(url_for("membership.show"))


@bp.route("/account/pause", methods=["GET", "POST"])
@page(Step.STAY_PAUSE, who=MEMBERS)
def pause() -> Any:
    """What a pause means, what stands in its way, and until when; on POST it begins."""
    if (elsewhere := _elsewhere()) is not None:
        return elsewhere
    if me().status == MemberStatus.PAUSED:
        return redirect(url_for("membership.show"))
    at = now()
    form = PauseForm(data={"until": (at + USUAL_PAUSE).astimezone(say.CITY_ZONE).date()})
    if not form.validate_on_submit():
        return _pause(form), form.page_status
    try:
        made = begin_pause(member=me(), until=form.until.data, now=at)
    except PauseTooLong as refusal:  # the field says so
        form.until.errors = [f"{refusal.says} {refusal.remedy}"]
        return _pause(form), refusal.status
    except TripsAhead as refusal:  # the page lists them
        return _pause(form), refusal.status
    flash(_("Your membership is paused until %(day)s.", day=say.day(made.until, year=True)), "ok")
    return redirect(url_for("membership.show"))


def _pause(form: PauseForm) -> str:
    first, last = pause_days(now())
    return render_template("portal/membership/pause.html", form=form, obstacles=trips_in_the_way(me().id, now()), first=first,
                           last=last, fee=prices_of(me(), now())[Plan(me().plan)].month, policies=policies_at(now()))


@bp.post("/account/resume")
@page(Step.STAY_PAUSE, who=MEMBERS)
def resume() -> Any:
    """End the pause with one tap, and go back to where it was in the way."""
    if PressForm().validate_on_submit():
        charged = end_pause(member=me(), now=now())
        if charged is None:
            flash(_("You drive with us again, and can book at once."), "ok")
        else:
            flash(_("You drive with us again, and can book at once. The rest of this month, %(days)d days, costs %(amount)s.",
                    days=rest_of_month(now(), say.CITY_ZONE).days, amount=say.money(charged.amount)), "ok")
    return redirect(safe_next(request.form.get("next")) if request.form.get("next") else url_for("membership.show"))
