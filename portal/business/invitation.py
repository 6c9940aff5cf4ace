"""`/invitations/…`: the page behind the link of an invitation, for members, for applicants and for people new to us."""

from typing import Any

from flask import current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from portal.account.models import MemberStatus, User
from portal.account.sessions import begin_session
from portal.account.signing import device, enter
from portal.billing.payers.accept import accept, accept_as_new, is_open
from portal.billing.payers.errors import InvitationIsOver
from portal.billing.payers.invite import CARRIED, invitation_of
from portal.billing.payers.models import Invitation, InvitedAs, Payer
from portal.billing.payers.terms import account_name
from portal.business.forms import NewAdminForm
from portal.business.household import bp
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, page

STEP = Step.MANAGE_DETAILS


@bp.route("/invitations/<invitation_token>", methods=["GET", "POST"])
@page(STEP, who=ANYONE)
@limiter.limit("30/hour", methods=["POST"])
def invitation(invitation_token: str) -> Any:
    """What the invitation means; on POST it is accepted by whoever is signed in."""
    found = invitation_of(invitation_token, current_app.config["SECRET_KEY"])
    if not is_open(found):
        raise InvitationIsOver()
    if not current_user.is_authenticated:
        session[CARRIED] = invitation_token  # whoever joins first comes back here (portal/signup/views.py)
        return _as_visitor(found, invitation_token)
    form = PressForm()
    if not form.validate_on_submit():
        return _page(found, invitation_token, form), form.page_status
    accept(invitation_id=found.id, user=current_user.user, now=now())
    return _welcome(found, current_user.user)


def _as_visitor(found: Invitation, token: str) -> Any:
    """Somebody who runs an account makes one here; everybody else signs in, or joins."""
    if found.invited_as != InvitedAs.ADMIN:
        if PressForm().validate_on_submit():
            return redirect(url_for("account.sign_in", next=url_for("drivers.invitation", invitation_token=token)))
        return _page(found, token, PressForm(formdata=None))
    form = NewAdminForm()
    if not form.validate_on_submit():
        return _page(found, token, form), form.page_status
    try:
        user = accept_as_new(invitation_id=found.id, name=form.name.data, password=form.password.data, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.password.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(found, token, form), refusal.status
    enter(begin_session(user, remember=False, device=device()), remember=False)
    return _welcome(found, user)


def _page(found: Invitation, token: str, form: Any) -> str:
    payer = db.session.get_one(Payer, found.payer_id)
    user = current_user.user if current_user.is_authenticated else None
    return render_template(
        "portal/business/invitation.html", invitation=found, form=form, name=account_name(payer), business=payer.by_invoice,
        by=db.session.get_one(User, found.asked_by_id).name, user=user, fits=user is not None and user.email == found.email,
        sign_in=url_for("account.sign_in", next=url_for("drivers.invitation", invitation_token=token)))


def _welcome(found: Invitation, user: User) -> Any:
    session.pop(CARRIED, None)
    name = account_name(db.session.get_one(Payer, found.payer_id))
    if found.invited_as == InvitedAs.ADMIN:
        flash(_("You help run the account of %(name)s now.", name=name), "ok")
        return redirect(url_for("business.overview", payer_id=found.payer_id))
    flash(_("What you book from now on is on the account of %(name)s.", name=name), "ok")
    applicant = user.member is not None and user.member.status == MemberStatus.APPLICANT
    return redirect(url_for("join.start" if applicant else "drivers.show"))
