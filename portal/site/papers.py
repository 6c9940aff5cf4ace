"""Insurance in plain words, and the house rules with every fee: pages to read, with today's numbers."""

from typing import Any

from flask import redirect, render_template, url_for

from core.time import now
from fleet.tariffs.in_force import policies_at, rates_at
from portal.account.models import Plan
from portal.account.terms import terms_in_force
from portal.site.blueprint import bp
from portal.site.fees import fees
from portal.web.page import ANYONE, page


@bp.get("/insurance")
@page(who=ANYONE, exempt="reading what is insured is part of no journey; after an accident its own pages are")
def insurance() -> Any:
    """What is covered, what a member pays at most, what is not covered, and what to do after an accident."""
    return render_template("portal/site/insurance.html", policies=policies_at(now()))


@bp.get("/terms")
@page(who=ANYONE, exempt="reading the rules is part of no journey; agreeing to them is, where one joins")
def terms() -> Any:
    """The house rules, their version, and every fee with why and how to contest it."""
    at = now()
    return render_template("portal/site/terms.html", terms=terms_in_force(at), policies=policies_at(at), today=at,
                           fees=fees(policies_at(at), {plan: rates_at(at, plan) for plan in Plan}))


@bp.get("/rules")
@page(who=ANYONE, exempt="another name for the page of the rules")
def rules() -> Any:
    """Where somebody looks for the house rules."""
    return redirect(url_for("site.terms"), 301)
