"""The books: the processor's beside ours, the trial balance, and the rows behind every sum."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.time import now
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import Account, Origin
from portal.desk import tables
from portal.desk.ask_again import read_books_again
from portal.desk.blueprint import WHY, bp
from portal.desk.books import Days, Movements, balance
from portal.desk.rows import Rows, codes, trial_balance
from portal.web.forms import PressForm
from portal.web.listing import every_row, listed
from portal.web.page import FINANCE, page
from portal.web.spreadsheet import table


@bp.get("/reconciliation")
@page(who=FINANCE, exempt=WHY)
def reconciliation() -> str:
    """The processor's books by day: theirs, ours, the difference, fees, payouts."""
    found = listed(Days.read(request.args), "office.reconciliation", [
        ("day", _("Day (UTC)"), False), ("", _("Lines"), True), ("", _("Theirs"), True), ("", _("Ours"), True),
        ("", _("Difference"), True), ("", _("Fees"), True), ("", _("Payouts"), True)])
    return render_template("portal/desk/reconciliation.html", found=found, balance=balance(), form=PressForm(formdata=None))


@bp.get("/reconciliation.csv")
@page(who=FINANCE, exempt=WHY)
def reconciliation_csv() -> Any:
    """The days for a spreadsheet."""
    return table("reconciliation.csv", tables.DAYS, tables.day_cells(every_row(Days.read(request.args))))


@bp.post("/reconciliation/read")
@page(who=FINANCE, exempt=WHY)
def read_again() -> Any:
    """Have the processor's books read again."""
    if PressForm().validate_on_submit():
        read_books_again(now=now())
        flash(_("The books are being read; what differs is here within a minute."), "ok")
    return redirect(url_for("office.reconciliation"))


@bp.get("/movements")
@page(who=FINANCE, exempt=WHY)
def movements() -> str:
    """Lines of the processor's books, of one day or only those that differ."""
    found = listed(Movements.read(request.args), "office.movements", [
        ("at", _("When"), False), ("kind", _("What"), False), ("", _("About"), False), ("theirs", _("Theirs"), True),
        ("ours", _("Ours"), True), ("difference", _("Difference"), True), ("fee", _("Fee"), True)])
    return render_template("portal/desk/movements.html", found=found)


@bp.get("/movements.csv")
@page(who=FINANCE, exempt=WHY)
def movements_csv() -> Any:
    """Lines of the processor's books for a spreadsheet."""
    return table("movements.csv", tables.MOVEMENTS, tables.movement_cells(every_row(Movements.read(request.args))))


@bp.get("/ledger")
@page(who=FINANCE, exempt=WHY)
def ledger() -> str:
    """The trial balance, and whether every balance follows from the rows."""
    return render_template("portal/desk/ledger.html", sums=trial_balance(), differences=differences())


@bp.get("/ledger.csv")
@page(who=FINANCE, exempt=WHY)
def ledger_csv() -> Any:
    """The trial balance for a spreadsheet."""
    return table("trial-balance.csv", tables.ACCOUNTS, tables.account_cells(trial_balance()))


@bp.get("/ledger/rows")
@page(who=FINANCE, exempt=WHY)
def ledger_rows() -> str:
    """Rows of the ledger, by account, origin, code, day and payer."""
    found = listed(Rows.read(request.args), "office.ledger_rows", [
        ("id", _("When"), False), ("payer", _("Payer"), False), ("code", _("What"), False), ("", _("Comes from"), False),
        ("", _("To"), False), ("", _("From"), False), ("amount", _("Amount"), True)])
    return render_template("portal/desk/ledger_rows.html", found=found, codes=codes(), accounts=list(Account),
                           origins=list(Origin))


@bp.get("/ledger/rows.csv")
@page(who=FINANCE, exempt=WHY)
def ledger_rows_csv() -> Any:
    """Rows of the ledger for a spreadsheet."""
    return table("ledger.csv", tables.ROWS, tables.row_cells(every_row(Rows.read(request.args))))
