"""The page of codes: the member's own to give away and what came of it, and what promo codes are good for."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from core.time import now
from experience.journey import Step
from fleet.cars.words import class_name
from fleet.tariffs.in_force import policies_at
from portal.billing.referrals.code import DRIVING, code_of, make_code, plain_code
from portal.billing.referrals.queries import brought_by, came_with
from portal.billing.words import plan_name
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from reservations.booking.forms import PROMO_MOST
from reservations.booking.reach import reach_of, used_by

bp = Blueprint("codes", __name__)


@bp.get("/account/codes")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
@limiter.limit("120/hour")
def show() -> str:
    """My code with its link, what both get and when, how many it brought; and what a promo code is good for."""
    member, at, typed = me(), now(), request.args.get("code", "").strip()[:PROMO_MOST]
    mine = code_of(member.id)
    return render_template(
        "reservations/booking/codes.html", typed=typed, asked=reach_of(typed, member_id=member.id, now=at) if typed else None,
        used=used_by(member.id, at), mine=mine, own=mine is not None and plain_code(typed) == mine,
        may=member.status in DRIVING,
        make=PressForm(formdata=None), site_url=current_app.config["SITE_URL"],
        brought=brought_by(member.id, at), came=came_with(member.id), rules=policies_at(at), class_name=class_name,
        plan_name=plan_name)


@bp.post("/account/codes")
@page(Step.MANAGE_DETAILS, who=MEMBERS)
def make() -> Any:
    """Have a code of one's own."""
    if PressForm().validate_on_submit():
        make_code(member=me(), now=now())
    return redirect(url_for("codes.show"))
