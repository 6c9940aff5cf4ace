"""Who runs a business's account: inviting, and going."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import Refusal
from core.time import now
from portal.billing.payers.admins import admins_of, remove_admin
from portal.billing.payers.invite import invite, open_invitations
from portal.billing.payers.models import InvitedAs, Payer
from portal.business.blueprint import ID, WHY, bp, mine
from portal.business.forms import InviteForm
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import SIGNED_IN, page
from portal.web.step_up import ask_again


@bp.route(f"/<{ID}:payer_id>/admins", methods=["GET", "POST"])
@page(who=SIGNED_IN, exempt=WHY)
@limiter.limit("20/hour", methods=["POST"])
def admins(payer_id: int) -> Any:
    """Who runs the account; on POST somebody is invited to."""
    found, form = mine(payer_id), InviteForm()
    if form.is_submitted() and (answer := ask_again()):
        return answer
    if not form.validate_on_submit():
        return _admins(found, form), form.page_status
    try:
        invite(payer_id=payer_id, email=form.email.data, invited_as=InvitedAs.ADMIN, by=current_user.user, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.email.errors = [f"{refusal.says} {refusal.remedy}"]
        return _admins(found, form), refusal.status
    flash(_("An invitation is on its way to %(address)s.", address=form.email.data), "ok")
    return redirect(url_for("business.admins", payer_id=payer_id))


def _admins(found: Payer, form: InviteForm) -> str:
    return render_template("portal/business/admins.html", business=found, form=form, admins=admins_of(found.id),
                           mine=current_user.id, press=PressForm(formdata=None),
                           invitations=open_invitations(found.id, InvitedAs.ADMIN))


@bp.post(f"/<{ID}:payer_id>/admins/<{ID}:user_id>/remove")
@page(who=SIGNED_IN, exempt=WHY, fresh=True)
def remove(payer_id: int, user_id: int) -> Any:
    """Somebody runs the account no longer; whoever asks may be it."""
    mine(payer_id)
    if PressForm().validate_on_submit():
        remove_admin(payer_id=payer_id, user_id=user_id)
        if user_id == current_user.id:
            flash(_("You run this account no longer."), "ok")
            return redirect(url_for("business.start"))
        flash(_("They run this account no longer."), "ok")
    return redirect(url_for("business.admins", payer_id=payer_id))
