"""`/account/drivers`: who drives on a member's account, and on whose account the member drives."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.money import Money
from core.refusal import NotFound, Refusal
from core.time import now
from experience.journey import Step
from portal.billing.payers.end_driving import end_driving
from portal.billing.payers.errors import NotADriverYet
from portal.billing.payers.invite import invite, open_invitations, withdraw_invitation
from portal.billing.payers.models import InvitedAs
from portal.billing.payers.on_account import on_account
from portal.billing.payers.payer_of import own_payer
from portal.billing.payers.terms import driver_on, set_terms, who_can_change
from portal.billing.statements.queries import month_bounds, month_of, payer_of_pages
from portal.business.forms import InviteForm, TermsForm
from portal.business.trips import PaidTrips, drivers_of
from portal.business.words import STATES, limits_in_words
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from portal.web.step_up import ask_again
from reservations.booking.models import Status
from reservations.booking.within_limits import spent_between

bp = Blueprint("drivers", __name__)
STEP = Step.MANAGE_DETAILS
ID = "int(max=2147483647)"
TRIPS_SHOWN = 50


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"limits_in_words": limits_in_words}


@bp.app_template_filter("trip_state")
def _trip_state(status: str) -> str:
    return str(STATES[Status(status)])


@bp.route("/account/drivers", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
@limiter.limit("20/hour", methods=["POST"])
def show() -> Any:
    """Who drives on my account and who pays for me; on POST somebody is invited, whoever they are."""
    form = InviteForm()
    if form.is_submitted() and (answer := ask_again()):
        return answer
    if not form.validate_on_submit():
        return _page(form), form.page_status
    if not me().may_drive:
        raise NotADriverYet()
    try:
        invite(payer_id=own_payer(me().id).id, email=form.email.data, invited_as=InvitedAs.DRIVER, by=current_user.user,
               now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.email.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(form), refusal.status
    flash(_("An invitation is on its way to %(address)s.", address=form.email.data), "ok")
    return redirect(url_for("drivers.show"))


def _page(form: InviteForm) -> str:
    member, at = me(), now()
    payer_id, account = payer_of_pages(member.id).id, on_account(member.id)
    spent = Money(0)
    if account is not None:
        since, until = month_bounds(month_of(at))
        spent = Money(spent_between(account.payer_id, since, until, [member.id]).get(member.id, 0))
    return render_template("portal/business/drivers.html", form=form, press=PressForm(formdata=None), member=member,
                           drivers=drivers_of(payer_id, at), invitations=open_invitations(payer_id, InvitedAs.DRIVER),
                           account=account, spent=spent, who=who_can_change(account.payer_id) if account else "")


@bp.route(f"/account/drivers/<{ID}:member_id>", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
def driver(member_id: int) -> Any:
    """One driver on my account: their cover and limits, their trips and what those cost."""
    payer_id, at = payer_of_pages(me().id).id, now()
    driver_on(payer_id, member_id)
    found, = drivers_of(payer_id, at, [member_id])
    form = TermsForm(found.terms)
    if form.is_submitted() and (answer := ask_again()):  # what others may spend
        return answer
    if form.validate_on_submit():
        set_terms(payer_id=payer_id, member_id=member_id, terms=form.terms)
        flash(_("That is what counts for %(name)s from now on.", name=found.name), "ok")
        return redirect(url_for("drivers.driver", member_id=member_id))
    since, until = month_bounds(month_of(at))
    trips = PaidTrips(payer_id, since.replace(year=since.year - 1), until.replace(year=until.year + 1), member_id)
    return render_template("portal/business/driver.html", form=form, press=PressForm(formdata=None), driver=found, at=at,
                           trips=trips.all(TRIPS_SHOWN), end=url_for("drivers.end", member_id=member_id),
                           back=(url_for("drivers.show"), _("Drivers on your account"))), form.page_status


@bp.post(f"/account/drivers/<{ID}:member_id>/end")
@page(STEP, who=MEMBERS)
def end(member_id: int) -> Any:
    """I pay for this driver no longer."""
    payer_id = payer_of_pages(me().id).id
    driver_on(payer_id, member_id)
    if PressForm().validate_on_submit() and end_driving(payer_id=payer_id, member_id=member_id, by_driver=False, now=now()):
        flash(_("They pay for their new trips themselves from now on. What they booked before is still on your account."), "ok")
    return redirect(url_for("drivers.show"))


@bp.post("/account/drivers/leave")
@page(STEP, who=MEMBERS)
def leave() -> Any:
    """I pay for my own trips from now on."""
    account = on_account(me().id)
    if account is None:
        raise NotFound()
    if PressForm().validate_on_submit() and end_driving(
            payer_id=account.payer_id, member_id=me().id, by_driver=True, now=now()):
        flash(_("You pay for your new trips yourself from now on."), "ok")
    return redirect(url_for("drivers.show"))


@bp.post("/account/drivers/invitations/<uuid:invitation_id>/withdraw")
@page(STEP, who=MEMBERS)
def withdraw(invitation_id: UUID) -> Any:
    """Withdraw an invitation."""
    if PressForm().validate_on_submit():
        withdraw_invitation(payer_id=payer_of_pages(me().id).id, invitation_id=invitation_id)
        flash(_("The invitation is withdrawn. Its link works no more."), "ok")
    return redirect(url_for("drivers.show"))
