"""The page of needs."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.needs.forms import NeedsForm
from portal.account.needs.kinds import NEEDS
from portal.account.needs.queries import needs_of
from portal.account.needs.tell import tell_needs, withdraw_needs
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("needs", __name__)


@bp.route("/account/needs", methods=["GET", "POST"])
@page(Step.MANAGE_DETAILS, who=MEMBERS)
@limiter.limit("60/hour", methods=["POST"])
def show() -> Any:
    """What the member needs of us, what each brings, and who sees it."""
    told = needs_of(me().id, adapters().seal)
    form = NeedsForm(data={"needs": list(map(str, told.needs)), "words": told.words, "agreed": True} if told else None)
    if form.validate_on_submit():
        tell_needs(member=me(), needs=form.chosen, words=form.words.data or "", seal=adapters().seal, now=now())
        flash(_("Saved. It counts from now on."), "ok")
        return redirect(url_for("needs.show"))
    return render_template("portal/account/needs/show.html", form=form, told=told, details=_details(),
                           rules=policies_at(now())), form.page_status


def _details() -> dict[str, dict[str, str]]:
    return {str(need): {"note": str(said.brings)} for need, said in NEEDS.items()}


@bp.post("/account/needs/withdraw")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def withdraw() -> Any:
    """Forget all of it."""
    if PressForm().validate_on_submit():
        withdraw_needs(member=me())
        flash(_("We have forgotten what you told us of your needs."), "ok")
    return redirect(url_for("needs.show"))
