"""What went wrong with money: five lists, and asking again."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.time import now
from portal.billing.payments.refund import try_refund_again
from portal.desk import tables
from portal.desk.ask_again import look_again, settle_again
from portal.desk.blueprint import WHY, bp
from portal.desk.failures import LISTS, Failing, the_refund
from portal.desk.views.payers import ID
from portal.web.forms import PressForm
from portal.web.listing import Columns, every_row, listed
from portal.web.page import FINANCE, page
from portal.web.spreadsheet import table


def _columns(which: str) -> Columns:
    payer = ("payer", _("Payer"), False)
    return {
        "owing": [payer, ("owed", _("Owes"), True), ("since", _("Since"), False), ("step", _("Reminders"), True),
                  ("", _("Booking"), False), ("", _("Ask again"), False)],
        "declined": [payer, ("asked", _("Asked"), False), ("", _("For"), False), ("amount", _("Amount"), True),
                     ("", _("Card"), False), ("why", _("The bank’s reason"), False), ("", _("Ask again"), False)],
        "confirm": [payer, ("asked", _("Waits since"), False), ("", _("For"), False), ("amount", _("Amount"), True),
                    ("", _("Card"), False)],
        "refunds": [payer, ("asked", _("Asked"), False), ("amount", _("Amount"), True), ("", _("Card"), False),
                    ("state", _("State"), False), ("", _("We owe them"), True), ("", _("Send again"), False)],
        "calls": [payer, ("calling", _("What was asked"), False), ("asked", _("Asked"), False), ("", _("Amount"), True),
                  ("", _("Look again"), False)],
    }[which]


def _asked() -> tuple[str, Failing]:
    which = request.args.get("list", "")
    which = which if which in LISTS else "owing"
    return which, LISTS[which].read(request.args, now=now())


@bp.get("/failures")
@page(who=FINANCE, exempt=WHY)
def failures() -> str:
    """One of the lists, with how many there are on each."""
    which, asked = _asked()
    at = now()
    return render_template(
        "portal/desk/failures.html", which=which, at=at, form=PressForm(formdata=None),
        found=listed(asked, "office.failures", _columns(which), list=which),
        counts={name: one(now=at).count() for name, one in LISTS.items()})


@bp.get("/failures.csv")
@page(who=FINANCE, exempt=WHY)
def failures_csv() -> Any:
    """One of the lists for a spreadsheet."""
    which, asked = _asked()
    return table(f"{which}.csv", tables.FAILURES[which], tables.failure_cells(which, every_row(asked)))


@bp.post(f"/failures/payers/<{ID}:payer_id>/settle")
@page(who=FINANCE, exempt=WHY)
def settle_now(payer_id: int) -> Any:
    """Have what a payer owes collected now, and stay at the list."""
    if PressForm().validate_on_submit():
        settle_again(payer_id=payer_id, now=now())
        flash(_("Their cards are asked again; the answer is here within a minute."), "ok")
    return redirect(url_for("office.failures", list="owing"))


@bp.post("/failures/refunds/<uuid:refund_id>/again")
@page(who=FINANCE, exempt=WHY, fresh=True)
def send_again(refund_id: UUID) -> Any:
    """Send a refund again that its bank did not take."""
    if PressForm().validate_on_submit():
        if try_refund_again(refund=the_refund(refund_id), now=now()):
            flash(_("It is sent again; the answer is here within a minute."), "ok")
        else:
            flash(_("Nothing was sent: we owe them nothing any more, or no payment is left to send it back to."), "warn")
    return redirect(url_for("office.failures", list="refunds"))


@bp.post("/failures/calls/<uuid:call_id>/look")
@page(who=FINANCE, exempt=WHY)
def look_at_call(call_id: UUID) -> Any:
    """Hand a call over to the worker again."""
    if PressForm().validate_on_submit():
        if look_again(call_id=call_id, now=now()):
            flash(_("The processor is asked again; the answer is here within a minute."), "ok")
        else:
            flash(_("It was answered meanwhile."), "ok")
    return redirect(url_for("office.failures", list="calls"))
