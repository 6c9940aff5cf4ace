"""Chargebacks, and the evidence that is handed in."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.time import now
from portal.billing.payments.chargebacks import hand_in
from portal.billing.payments.models import Chargeback
from portal.desk import tables
from portal.desk.blueprint import WHY, bp
from portal.desk.case import the_case
from portal.desk.chargebacks import Chargebacks, can_be_answered, the_chargeback
from portal.desk.evidence import compile_evidence, covering_note, in_all
from portal.desk.forms import EvidenceForm
from portal.desk.looked import note_look_at_payer
from portal.desk.payers import name_of
from portal.web.listing import every_row, listed
from portal.web.page import FINANCE, page
from portal.web.spreadsheet import table


@bp.get("/chargebacks")
@page(who=FINANCE, exempt=WHY)
def chargebacks() -> str:
    """Payments that a bank took back, by the day by which it wants our answer."""
    found = listed(Chargebacks.read(request.args), "office.chargebacks", [
        ("due", _("Answer by"), False), ("payer", _("Payer"), False), ("", _("Reason"), False), ("amount", _("Amount"), True),
        ("", _("Card"), False), ("opened", _("Opened"), False), ("state", _("State"), False)])
    return render_template("portal/desk/chargebacks.html", found=found, at=now())


@bp.get("/chargebacks.csv")
@page(who=FINANCE, exempt=WHY)
def chargebacks_csv() -> Any:
    """Chargebacks for a spreadsheet."""
    rows = every_row(Chargebacks.read(request.args))
    return table("chargebacks.csv", tables.CHARGEBACKS, tables.chargeback_cells(rows))


@bp.route("/chargebacks/<uuid:chargeback_id>", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def chargeback(chargeback_id: UUID) -> Any:
    """One chargeback with its evidence; handed in with a covering note."""
    found = the_chargeback(chargeback_id)
    note_look_at_payer(found.payment.payer_id)
    case = the_case(found)
    form = EvidenceForm(data={"note": covering_note(case)})
    if form.validate_on_submit():
        if not can_be_answered(found):
            flash(_("Nothing was handed in: the bank has an answer already."), "warn")
            return redirect(url_for("office.chargeback", chargeback_id=chargeback_id))
        hand_in(chargeback_id=found.id, evidence=compile_evidence(case, form.note.data), now=now())
        flash(_("The evidence is on its way to the bank."), "ok")
        return redirect(url_for("office.chargeback", chargeback_id=chargeback_id))
    return _page(found, form, compile_evidence(case)), form.page_status


def _page(found: Chargeback, form: EvidenceForm, compiled: dict[str, str]) -> str:
    payment, may = found.payment, can_be_answered(found)
    handed_in = found.answered_at is not None and not may  # the processor may have refused what was handed in before
    evidence = {str(name): str(words) for name, words in found.evidence.items()} if handed_in else compiled
    return render_template(
        "portal/desk/chargeback.html", chargeback=found, payment=payment, at=now(), name=name_of(payment.payer_id)[0],
        form=form, evidence=evidence, letters=in_all(evidence), may=may, handed_in=handed_in)
