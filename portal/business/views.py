"""`/business/…`: a business's drivers, whom its admins invite, limit and take off."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import Refusal
from core.time import now
from portal.billing.payers.admins import businesses_of
from portal.billing.payers.cost_centres import cost_centres_of
from portal.billing.payers.end_driving import end_driving
from portal.billing.payers.invite import invite, open_invitations, withdraw_invitation
from portal.billing.payers.models import InvitedAs, Payer
from portal.billing.payers.terms import driver_on, set_terms
from portal.billing.statements.queries import month_bounds, month_of
from portal.business import admin_views, centre_views, history_views  # noqa: F401 - they hang pages into the blueprint
from portal.business.blueprint import ID, WHY, bp, mine
from portal.business.forms import InviteForm, TermsForm
from portal.business.trips import PaidTrips, drivers_of
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import SIGNED_IN, page
from portal.web.step_up import ask_again

TRIPS_SHOWN = 50


@bp.get("/")
@page(who=SIGNED_IN, exempt=WHY)
def start() -> Any:
    """The businesses that somebody runs; the only one at once."""
    found = businesses_of(current_user.id)
    if len(found) == 1:
        return redirect(url_for("business.overview", payer_id=found[0].id))
    return render_template("portal/business/start.html")


@bp.route(f"/<{ID}:payer_id>", methods=["GET", "POST"])
@page(who=SIGNED_IN, exempt=WHY)
@limiter.limit("30/hour", methods=["POST"])
def overview(payer_id: int) -> Any:
    """The month so far and who drives; on POST a driver is invited, whoever they are."""
    found, form = mine(payer_id), InviteForm()
    if form.is_submitted() and (answer := ask_again()):
        return answer
    if not form.validate_on_submit():
        return _overview(found, form), form.page_status
    try:
        invite(payer_id=payer_id, email=form.email.data, invited_as=InvitedAs.DRIVER, by=current_user.user, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.email.errors = [f"{refusal.says} {refusal.remedy}"]
        return _overview(found, form), refusal.status
    flash(_("An invitation is on its way to %(address)s.", address=form.email.data), "ok")
    return redirect(url_for("business.overview", payer_id=payer_id))


def _overview(found: Payer, form: InviteForm) -> str:
    at = now()
    count, cost = PaidTrips(found.id, *month_bounds(month_of(at))).sums()
    return render_template("portal/business/overview.html", business=found, form=form, drivers=drivers_of(found.id, at),
                           invitations=open_invitations(found.id, InvitedAs.DRIVER), count=count, cost=cost)


@bp.route(f"/<{ID}:payer_id>/drivers/<{ID}:member_id>", methods=["GET", "POST"])
@page(who=SIGNED_IN, exempt=WHY)
def driver(payer_id: int, member_id: int) -> Any:
    """One driver: cover, limits, usual cost centre, trips and what those cost."""
    found, at = mine(payer_id), now()
    driver_on(payer_id, member_id)
    one, = drivers_of(payer_id, at, [member_id])
    centres = cost_centres_of(payer_id, active=True)
    form = TermsForm(one.terms, centres)
    if form.is_submitted() and (answer := ask_again()):  # what others may spend
        return answer
    if form.validate_on_submit():
        set_terms(payer_id=payer_id, member_id=member_id, terms=form.terms)
        flash(_("That is what counts for %(name)s from now on.", name=one.name), "ok")
        return redirect(url_for("business.driver", payer_id=payer_id, member_id=member_id))
    since, until = month_bounds(month_of(at))
    trips = PaidTrips(payer_id, since.replace(year=since.year - 1), until.replace(year=until.year + 1), member_id)
    return render_template("portal/business/driver.html", form=form, press=PressForm(formdata=None), driver=one, at=at,
                           trips=trips.all(TRIPS_SHOWN), centres=bool(centres), business=found,
                           end=url_for("business.end", payer_id=payer_id, member_id=member_id),
                           back=(url_for("business.overview", payer_id=payer_id), found.name)), form.page_status


@bp.post(f"/<{ID}:payer_id>/drivers/<{ID}:member_id>/end")
@page(who=SIGNED_IN, exempt=WHY)
def end(payer_id: int, member_id: int) -> Any:
    """The business pays for this driver no longer."""
    mine(payer_id)
    driver_on(payer_id, member_id)
    if PressForm().validate_on_submit() and end_driving(payer_id=payer_id, member_id=member_id, by_driver=False, now=now()):
        flash(_("They pay for their new trips themselves from now on. What they booked before is still on your account."), "ok")
    return redirect(url_for("business.overview", payer_id=payer_id))


@bp.post(f"/<{ID}:payer_id>/invitations/<uuid:invitation_id>/withdraw")
@page(who=SIGNED_IN, exempt=WHY)
def withdraw(payer_id: int, invitation_id: UUID) -> Any:
    """Withdraw an invitation, of a driver or of an admin."""
    mine(payer_id)
    if PressForm().validate_on_submit():
        withdraw_invitation(payer_id=payer_id, invitation_id=invitation_id)
        flash(_("The invitation is withdrawn. Its link works no more."), "ok")
    return redirect(url_for("business.overview", payer_id=payer_id))
