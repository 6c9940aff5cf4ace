"""The member's page of their fob: asking for one, reporting it lost, and what it did."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from portal.web.shell import adapters
from reservations.fob.ask import ask_for_fob, report_lost, withdraw_fob
from reservations.fob.forms import AskForm, LostForm
from reservations.fob.models import FobWhy
from reservations.fob.queries import fee_for, fob_of, last_fob_of, taps_of
from reservations.fob.words import WHYS, outcome_words

bp = Blueprint("fob", __name__, url_prefix="/account/fob")
STEP = Step.MANAGE_DETAILS


@bp.get("")
@page(STEP, who=MEMBERS)
def show() -> str:
    """The fob, or the way to one."""
    return _page(LostForm(formdata=None))


@bp.post("/ask")
@page(STEP, who=MEMBERS)
@limiter.limit("10/hour")
def ask() -> Any:
    """Ask for one, at the fee that was shown."""
    form = AskForm()
    if form.validate_on_submit():
        ask_for_fob(member=me(), shown_cents=int(form.fee_cents.data), now=now())
        flash(_("Asked for. We write to you when it is ready."), "ok")
    return redirect(url_for("fob.show"))


@bp.post("/withdraw")
@page(STEP, who=MEMBERS)
def withdraw() -> Any:
    """Want none any more."""
    return _press(PressForm(), lambda: withdraw_fob(member=me()), _("Withdrawn. Nothing was charged."))


@bp.post("/lost")
@page(STEP, who=MEMBERS)
def lost() -> Any:
    """Block it, at every car at once. Nothing stands before it: whoever has lost a fob is in a hurry."""
    form = LostForm()
    if not form.validate_on_submit():
        return _page(form), form.page_status
    return _press(None, lambda: report_lost(member=me(), why=FobWhy(form.why.data), now=now()),
                  _("Blocked, everywhere. Your phone still opens your car."))


def _press(form: PressForm | None, deed: Any, said: str) -> Any:
    if form is None or form.validate_on_submit():
        try:
            deed()
        except Refusal as refusal:
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            flash(said, "ok")
    return redirect(url_for("fob.show"))


def _page(lost_form: LostForm) -> str:
    member, at = me(), now()
    fob, last, fee = fob_of(member.id), last_fob_of(member.id), fee_for(member.id, at)
    return render_template(
        "reservations/fob/show.html", member=member, fob=fob, last=last, taps=taps_of(last) if last else [], fee=fee,
        again=policies_at(at)["fob_replace"].value, lost=lost_form, press=PressForm(formdata=None),
        ask=AskForm(formdata=None, data={"fee_cents": fee.value}), whys=WHYS, outcome=outcome_words,
        office=adapters().office)
