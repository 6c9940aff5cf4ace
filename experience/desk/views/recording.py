"""Whether the record is whole, and what browsers told: reconciliation, vitals, and what was put aside."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import NotFound
from core.time import now, wall_now
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import page_number
from experience.desk.forms import TakeForm
from experience.desk.pages import page_of
from experience.insight.browser import GOOD, BrowserEvents, Quarantined, browser_figures, quarantined_by_reason
from experience.insight.reconcile import NIGHT_BACK, newest, reconcile, the_reconciliation
from experience.journey import STEPS, Step
from experience.record.registry import BROWSER
from portal.web.page import CX, page

LOOK_BACK = timedelta(days=28)
KINDS = {
    "booking": _l("Bookings"), "cancellation": _l("Cancellations"), "car_command": _l("Commands to cars"),
    "trip_begun": _l("Trips begun"), "driven_off": _l("Cars driven off"), "trip_ended": _l("Trips ended"),
    "fuel_stop": _l("Stops at the pump"), "condition_check": _l("Condition checks"), "note": _l("Notes"),
    "dispute": _l("Disputes"), "notice": _l("Notices of costs"), "payment_captured": _l("Payments taken"),
    "payment_declined": _l("Payments declined"), "refund": _l("Refunds"), "message": _l("Letters mailed"),
}
WHAT = {"missing": _l("has no event"), "doubled": _l("has more events than one")}
TELLS = {"vitals": _l("Visits told of"), "field_error": _l("Fields that stopped someone"), "back_track": _l("Back-tracks"),
         "rage_click": _l("Rage clicks"), "script_error": _l("Errors of our scripts")}


@bp.get("/reconciliation")
@page(who=CX, exempt=WHY)
def reconciliation() -> str:
    """The newest comparison of rows and events, and the ones before it."""
    before = newest()
    chosen = the_reconciliation(request.args.get("of", type=int)) or (before[0] if before else None)
    kind = request.args.get("kind") if request.args.get("kind") in KINDS else None
    rows = [one | {"at": datetime.fromisoformat(one["at"])} for one in (chosen.found if chosen else [])
            if kind in (None, one["kind"])]
    return render_template("experience/desk/reconciliation.html", chosen=chosen, before=before, rows=rows, kind=kind,
                           KINDS=KINDS, WHAT=WHAT, form=TakeForm(formdata=None))


@bp.post("/reconciliation")
@page(who=CX, exempt=WHY)
def reconcile_now() -> Any:
    """Compare the last days now, without waiting for the night."""
    if TakeForm().validate_on_submit():
        at = now()
        found = reconcile(since=at - NIGHT_BACK, until=at, now=at, more=current_app.extensions["reconciled"])
        assert found is not None  # only a night can have been kept already
        flash(_("Compared. Differences: %(n)d.", n=len(found.differences)), "ok" if not found.differences else "warn")
    return redirect(url_for(".reconciliation"))


@bp.get("/browser")
@page(who=CX, exempt=WHY)
def browser() -> str:
    """Each step as its browsers saw it, and what could not be believed."""
    since = now() - LOOK_BACK
    return render_template("experience/desk/browser.html", figures=browser_figures(since), GOOD=GOOD, TELLS=TELLS,
                           reasons=quarantined_by_reason(wall_now() - LOOK_BACK), step_kept=Step.LEARN_HOME)


@bp.get("/browser/quarantine")
@page(who=CX, exempt=WHY)
def quarantine() -> str:
    """What was told and put aside, without a word of it."""
    found = page_of(Quarantined(wall_now() - LOOK_BACK), page_number(request.args), endpoint=".quarantine")
    return render_template("experience/desk/quarantine.html", found=found)


@bp.get("/browser/<step_name>/<kind>")
@page(who=CX, exempt=WHY)
def browser_events(step_name: str, kind: str) -> str:
    """The events behind one number."""
    if step_name not in set(Step) or kind not in BROWSER:
        raise NotFound()
    found = page_of(BrowserEvents(Step(step_name), kind, now() - LOOK_BACK), page_number(request.args),
                    endpoint=".browser_events", step_name=step_name, kind=kind)
    return render_template("experience/desk/browser_events.html", found=found, which=Step(step_name),
                           declared=STEPS[Step(step_name)], kind=kind, TELLS=TELLS)
