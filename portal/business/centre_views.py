"""A business's cost centres."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.time import now
from portal.billing.payers.cost_centres import (
    add_cost_centre,
    change_cost_centre,
    cost_centres_of,
    demand_cost_centre,
    my_cost_centre,
)
from portal.billing.payers.errors import CodeInUse
from portal.billing.payers.models import Payer
from portal.business.blueprint import ID, WHY, bp, mine
from portal.business.forms import CostCentreForm, DemandForm
from portal.web.page import SIGNED_IN, page


@bp.route(f"/<{ID}:payer_id>/cost-centres", methods=["GET", "POST"])
@page(who=SIGNED_IN, exempt=WHY)
def centres(payer_id: int) -> Any:
    """All of them; on POST there is another one."""
    found, form = mine(payer_id), CostCentreForm()
    if not form.validate_on_submit():
        return _centres(found, form), form.page_status
    try:
        add_cost_centre(payer_id=payer_id, name=form.name.data.strip(), code=form.code.data.strip())
    except CodeInUse as refusal:  # the page keeps what was typed, so the words go into it
        form.code.errors = [f"{refusal.says} {refusal.remedy}"]
        return _centres(found, form), refusal.status
    flash(_("Drivers can book on it now."), "ok")
    return redirect(url_for("business.centres", payer_id=payer_id))


def _centres(found: Payer, form: CostCentreForm) -> str:
    return render_template("portal/business/centres.html", business=found, form=form, centres=cost_centres_of(found.id),
                           demand=DemandForm(formdata=None, data={"demand": found.cost_centre_since is not None}))


@bp.post(f"/<{ID}:payer_id>/cost-centres/demand")
@page(who=SIGNED_IN, exempt=WHY)
def demand(payer_id: int) -> Any:
    """Whether each booking has to name one."""
    mine(payer_id)
    form = DemandForm()
    if form.validate_on_submit():
        demand_cost_centre(payer_id=payer_id, demand=form.demand.data, at=now())
        flash(_("Each booking names a cost centre from now on.") if form.demand.data
              else _("Bookings need no cost centre from now on."), "ok")
    return redirect(url_for("business.centres", payer_id=payer_id))


@bp.route(f"/<{ID}:payer_id>/cost-centres/<{ID}:cost_centre_id>", methods=["GET", "POST"])
@page(who=SIGNED_IN, exempt=WHY)
def centre(payer_id: int, cost_centre_id: int) -> Any:
    """Rename one, or let it take no more trips."""
    found, one = mine(payer_id), my_cost_centre(payer_id, cost_centre_id)
    form, status = CostCentreForm(data={"name": one.name, "code": one.code, "active": one.active}), 0
    if form.validate_on_submit():
        try:
            change_cost_centre(payer_id=payer_id, cost_centre_id=cost_centre_id, name=form.name.data.strip(),
                               code=form.code.data.strip(), active=form.active.data)
        except CodeInUse as refusal:  # as above
            form.code.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            flash(_("Saved."), "ok")
            return redirect(url_for("business.centres", payer_id=payer_id))
    return render_template("portal/business/centre.html", business=found, form=form, centre=one), status or form.page_status
