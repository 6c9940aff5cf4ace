"""Today: the first page of the day."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.forms import TakeForm
from experience.desk.today import alerts, queue, the_day
from experience.insight.facts import FACTS
from experience.insight.measures import MEASURES
from experience.insight.signals import newest_scan, scan_now
from portal.web.page import CX, page

BEFORE = ("days", "lot", "car_class")  # in the addresses of the journey, which stood here once


@bp.get("/")
@page(who=CX, exempt=WHY)
def today() -> Any:
    """What needs somebody today."""
    if any(request.args.get(name) for name in BEFORE):
        return redirect(url_for(".journey", **{name: request.args[name] for name in BEFORE if name in request.args}), 301)
    return render_template("experience/desk/today.html", alerts=alerts(now()), queue=queue(current_user.id),
                           figures=the_day(now()), scan=newest_scan(), MEASURES=MEASURES, FACTS=FACTS)


@bp.post("/look")
@page(who=CX, exempt=WHY)
def look_again() -> Any:
    """Look over all facts and measures now, without waiting for the hour."""
    if TakeForm().validate_on_submit():
        found = scan_now(now())
        flash(_("Looked over the last four weeks: %(n)d comparisons.", n=found.compared), "ok")
    return redirect(url_for(".today", _anchor="signals"))
