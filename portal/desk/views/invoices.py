"""Invoices, and the businesses that they are for."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import Refusal
from core.time import now
from portal.account.by_email import users_by_email
from portal.account.models import Member
from portal.billing.invoices.issue import mark_paid, rows_of
from portal.billing.payers.add_driver import add_driver
from portal.billing.payers.admins import admins_of
from portal.billing.payers.invite import invite, open_invitations
from portal.billing.payers.models import InvitedAs, Payer
from portal.billing.payers.payer_of import add_business
from portal.billing.payers.stop_paying import stop_paying
from portal.billing.statements.pdf import invoice_sheet, statement_pdf
from portal.desk import tables
from portal.desk.blueprint import WHY, bp
from portal.desk.forms import AdminForm, BusinessForm, DriverForm, PaidForm
from portal.desk.invoices import Businesses, Invoices, is_there, the_business, the_invoice
from portal.desk.payers import drivers_of
from portal.desk.views.payers import ID
from portal.web.forms import PressForm
from portal.web.listing import every_row, listed
from portal.web.page import FINANCE, page
from portal.web.spreadsheet import table
from portal.web.step_up import ask_again


@bp.get("/invoices")
@page(who=FINANCE, exempt=WHY)
def invoices() -> str:
    """Invoices, newest first unless asked otherwise."""
    found = listed(Invoices.read(request.args, now=now()), "office.invoices", [
        ("number", _("Number"), False), ("business", _("Business"), False), ("", _("Month"), False),
        ("total", _("Total"), True), ("issued", _("Issued"), False), ("due", _("Due"), False), ("", _("State"), False)])
    return render_template("portal/desk/invoices.html", found=found, at=now())


@bp.get("/invoices.csv")
@page(who=FINANCE, exempt=WHY)
def invoices_csv() -> Any:
    """Invoices for a spreadsheet."""
    rows = every_row(Invoices.read(request.args, now=now()))
    return table("invoices.csv", tables.INVOICES, tables.invoice_cells(rows))


@bp.route(f"/invoices/<{ID}:invoice_id>", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def invoice(invoice_id: int) -> Any:
    """One invoice with its rows; marked as paid when the transfer has come."""
    found, at = the_invoice(invoice_id), now()
    form = PaidForm(at, found.issued_at)
    if found.paid_at is None and form.validate_on_submit():
        mark_paid(invoice=found, paid_on=form.paid_at, now=at)
        flash(_("The invoice is marked as paid."), "ok")
        return redirect(url_for("office.invoice", invoice_id=invoice_id))
    return render_template("portal/desk/invoice.html", invoice=found, form=form, at=at, rows=rows_of(
        found.payer_id, found.after_row, found.last_row)), form.page_status


@bp.get(f"/invoices/<{ID}:invoice_id>.pdf")
@page(who=FINANCE, exempt=WHY)
def invoice_pdf(invoice_id: int) -> Response:
    """The invoice on paper, as the business gets it."""
    found = the_invoice(invoice_id)
    return Response(statement_pdf(invoice_sheet(found)), mimetype="application/pdf",
                    headers={"Content-Disposition": f'attachment; filename="roundtrip-{found.number}.pdf"'})


@bp.route("/businesses", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def businesses() -> Any:
    """Businesses that pay for their drivers, and adding one."""
    form = BusinessForm()
    if form.validate_on_submit():
        if not is_there(form.name.data):
            made = add_business(name=form.name.data, email=form.email.data, at=now())
            flash(_("%(name)s is added. Now say who drives for it.", name=made.name), "ok")
            return redirect(url_for("office.business", payer_id=made.id))
        form.name.errors = [_("There is a business of this name already. Open it in the list.")]
    found = listed(Businesses.read(request.args), "office.businesses", [
        ("name", _("Business"), False), ("", _("Invoices go to"), False), ("", _("Drivers"), True), ("owed", _("Owes"), True),
        ("", _("Unpaid invoices"), True), ("since", _("Since"), False)])
    return render_template("portal/desk/businesses.html", found=found, form=form), form.page_status


@bp.route(f"/businesses/<{ID}:payer_id>", methods=["GET", "POST"])
@page(who=FINANCE, exempt=WHY)
def business(payer_id: int) -> Any:
    """Who drives for a business and who runs its account, and adding somebody to drive."""
    found, form = the_business(payer_id), DriverForm()
    if form.validate_on_submit():
        member = _member(form.email.data)
        if member is not None:
            add_driver(payer_id=found.id, member_id=member.id, now=now())
            flash(_("%(name)s’s new trips are invoiced to %(business)s.", name=member.name, business=found.name), "ok")
            return redirect(url_for("office.business", payer_id=payer_id))
        form.email.errors = [_("No member signs in with this address. Ask them which one they use.")]
    return _business(found, form, AdminForm(formdata=None)), form.page_status


def _business(found: Payer, form: DriverForm, admin: AdminForm) -> str:
    return render_template("portal/desk/business.html", business=found, form=form, admin=admin, press=PressForm(formdata=None),
                           drivers=drivers_of(found.id), admins=admins_of(found.id),
                           invited=open_invitations(found.id, InvitedAs.ADMIN))


@bp.post(f"/businesses/<{ID}:payer_id>/admins")
@page(who=FINANCE, exempt=WHY)
def invite_admin(payer_id: int) -> Any:
    """Invite somebody to run a business's account: the first one, and whenever its own admins cannot."""
    found, form = the_business(payer_id), AdminForm()
    if answer := ask_again():
        return answer
    if not form.validate_on_submit():
        return _business(found, DriverForm(formdata=None), form), form.page_status
    try:
        invite(payer_id=payer_id, email=form.admin.data, invited_as=InvitedAs.ADMIN, by=current_user.user, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.admin.errors = [f"{refusal.says} {refusal.remedy}"]
        return _business(found, DriverForm(formdata=None), form), refusal.status
    flash(_("An invitation is on its way to %(address)s.", address=form.admin.data), "ok")
    return redirect(url_for("office.business", payer_id=payer_id))


def _member(email: str) -> Member | None:
    user = users_by_email([email]).get(email)
    return user.member if user else None


@bp.post(f"/businesses/<{ID}:payer_id>/drivers/<{ID}:member_id>/stop")
@page(who=FINANCE, exempt=WHY)
def stop_driver(payer_id: int, member_id: int) -> Any:
    """The business pays for this driver's new trips no longer."""
    if PressForm().validate_on_submit() and stop_paying(payer_id=payer_id, member_id=member_id):
        flash(_("They pay for their new trips themselves from now on."), "ok")
    return redirect(url_for("office.business", payer_id=payer_id))
