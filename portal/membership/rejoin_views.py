"""Welcome back: what is there again, what is missing if anything, and one button."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus
from portal.billing.credits.queries import usable
from portal.billing.membership.charge import fee_of_month, reduced_fee
from portal.billing.membership.months import rest_of_month
from portal.billing.payers.how_paid import how_paid
from portal.billing.statements.queries import payer_of_pages
from portal.billing.words import card_name, plan_name
from portal.membership.rejoin import rejoin as come_back
from portal.membership.rejoin import still_missing, trips_behind, way_back_of
from portal.membership.views import bp
from portal.web import say
from portal.web.forms import PressForm
from portal.web.page import MEMBERS, me, page
from portal.web.shell import adapters
from reservations.favourites.queries import starred_by


@bp.route("/account/rejoin", methods=["GET", "POST"])
@page(Step.LEAVE_REJOIN, who=MEMBERS)
def rejoin() -> Any:
    """The page of somebody who has left; on POST they are a member again."""
    if me().status != MemberStatus.CLOSED:
        return redirect(url_for("join.start") if me().status == MemberStatus.APPLICANT else url_for("membership.show"))
    departure, at, form, texts = way_back_of(me()), now(), PressForm(), adapters().sms is not None
    if departure is None:
        return render_template("portal/membership/excluded.html")
    missing = still_missing(me(), at, texts=texts)
    if not missing and form.validate_on_submit():
        charged = come_back(member=me(), texts=texts, now=at)
        flash(_("Welcome back, %(name)s. You can book at once.", name=me().first_name) if charged is None else
              _("Welcome back, %(name)s. You can book at once. The rest of this month costs %(amount)s.", name=me().first_name,
                amount=say.money(charged.amount)), "ok")
        return redirect(url_for("site.home"))
    pays, starred, rules = how_paid(me().id, at), starred_by(me().id), policies_at(at)
    fee, _facts = reduced_fee(me(), rules[f"membership_{me().plan}"], rules, at.astimezone(say.CITY_ZONE).date())
    paid = fee_of_month(me().id, at, say.CITY_ZONE) is not None
    return render_template(
        "portal/membership/rejoin.html", member=me(), departure=departure, missing=missing, form=form, fee=fee,
        card_name=card_name, pays=pays, stars=len(starred.cars) + len(starred.lots), trips=trips_behind(me().id),
        plan_name=plan_name,
        rest=None if paid else rest_of_month(at, say.CITY_ZONE).part(fee),
        credits=usable(payer_of_pages(me().id).id, at)), 409 if missing and form.is_submitted() else 200
