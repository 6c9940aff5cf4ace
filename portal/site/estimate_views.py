"""`/pricing`: the estimator, and every rate in force today under it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from fleet.cars import words
from fleet.tariffs.in_force import policies_at, rates_at
from fleet.tariffs.quote import Policies
from portal.account.models import Plan
from portal.billing.words import plan_name, shown
from portal.signup.carried import carry_estimate
from portal.signup.estimate import Estimate
from portal.site.blueprint import bp
from portal.site.estimate import Bill, Owning, Trips, bills
from portal.site.estimate_form import PARTS, EstimateForm
from portal.web import say
from portal.web.limits import limiter
from portal.web.live import part
from portal.web.page import ANYONE, page, page_facts, stopped_by_fields

WAIVERS = ("included", "plus", "premium")
# Facts are bands: enough to see who comes to compare, too little to know somebody again.
TRIPS_BANDS = ((0, "none"), (3, "1_3"), (8, "4_8"))
DOLLAR_BANDS = ((50, "under_50"), (150, "50_150"), (400, "150_400"))


@bp.get("/pricing")
@page(Step.LEARN_ESTIMATE, who=ANYONE, whole=True)
@limiter.limit("120/minute")
def pricing() -> Any:
    """The month that was asked for on each plan, against owning; asked by its script for the result alone."""
    at = now()
    policies = policies_at(at)
    form = EstimateForm(request.args, policies, [(code, say.dollars(policies[f"excess_{code}"].value)) for code in WAIVERS])
    asked = any(name in form for name in request.args)
    valid, live = form.validate(), request.headers.get("X-Requested-With") == "live"
    made = _estimate(form, policies, at) if valid else {}
    if live:
        return part(render_template("portal/site/estimate_result.html", **made)) if valid else ("", 422)
    if asked and valid:
        carry_estimate(_said(form, made["bills"], at))
        page_facts(**facts_of(form.trips(), made["bills"], made["owning"]), car_class=form.car_class.data)
    elif asked:
        stopped_by_fields(sorted(form.errors))
    return render_template("portal/site/pricing.html", form=form, asked=asked, rows=list(zip(PARTS, form.rows(), strict=True)),
                           **(_tables(at) | made)), form.page_status


def _estimate(form: EstimateForm, policies: Policies, at: datetime) -> dict[str, Any]:
    """What the result is made of."""
    trips, car_class = form.trips(), form.car_class.data
    rates = {plan: found[car_class] for plan in Plan if car_class in (found := rates_at(at, plan))}
    found = bills(trips, rates, policies, say.CITY_ZONE, at, age=form.age.data, waiver=form.waiver.data)
    owning = form.owning(sum(each.count * each.miles for each in trips))
    return {"bills": found, "owning": owning, "plan_name": plan_name, "kinds": kinds(), "policies": policies,
            "own_figures": form.own_month.data is not None or form.own_mile.data is not None,
            "car_class": words.class_name(car_class), "trips": sum(each.count for each in trips)}


def _said(form: EstimateForm, found: Sequence[Bill], at: datetime) -> Estimate:
    """What was told of a month, in case they join: we hold ourselves to it."""
    rows = [(row.trips.count, {line.code: line for line in row.lines}) for row in found[0].rows]

    def in_month(code: str, fact: str) -> int:
        return sum(count * int(lines[code].facts[fact]) for count, lines in rows if code in lines)

    trips = form.trips()
    return Estimate(
        sum(each.count for each in trips), sum(each.count * each.minutes for each in trips),
        {str(bill.plan): bill.month.cents for bill in found}, at.timestamp(), in_month("time_weekend", "minutes"),
        in_month("time_night", "minutes"), in_month("extra_miles", "over"), form.car_class.data, form.waiver.data,
        form.age.data is not None)


bp.add_app_template_filter(shown, "estimate_line")


def kinds() -> dict[str, tuple[str, str]]:
    """The kinds of trips: in a heading, and before the word trips."""
    return {"weekday": (_("On weekdays"), _("weekday")), "weekend": (_("At weekends"), _("weekend")),
            "night": (_("At night"), _("night"))}


def facts_of(trips: Sequence[Trips], found: Sequence[Bill], owning: Owning) -> dict[str, Any]:
    """An estimate as facts: bands of how many trips and what they cost, the cheapest plan, and whether sharing is cheaper."""
    count, cheapest = sum(each.count for each in trips), found[0]
    return {"plan": cheapest.plan, "sharing_cheaper": cheapest.month.cents <= owning.month.cents,
            "trips_band": next((band for most, band in TRIPS_BANDS if count <= most), "9_more"),
            "dollars_band": next((band for most, band in DOLLAR_BANDS if cheapest.month.cents < most * 100), "400_more")}


def _tables(at: datetime) -> dict[str, Any]:
    """Every rate in force, read from the tariffs that bookings use."""
    plans = [(plan, rates_at(at, plan)) for plan in Plan]
    miles = min(rate.included_miles for _plan, rates in plans for rate in rates.values())
    nights = {(rate.night_from, rate.night_until) for _plan, rates in plans for rate in rates.values()}
    return {"plans": plans, "words": words, "miles": miles, "night": nights.pop() if len(nights) == 1 else None,
            "policies": policies_at(at), "plan_name": plan_name, "kinds": kinds()}
