"""The statement: every row with its running balance, as a page, a table and a paper; and each line opened."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.refusal import NotFound
from core.time import now
from experience.journey import Step
from portal.billing.disputes.forms import DisputeForm
from portal.billing.disputes.open import disputes_of, is_disputable, my_line, open_dispute
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.payments.models import Payment
from portal.billing.statements.pdf import member_sheet, statement_pdf
from portal.billing.statements.queries import (
    MonthTotals,
    StatementRow,
    StatementRows,
    Totals,
    account_for,
    corrections_of,
    month_bounds,
    month_of,
    my_dispute_of,
    payer_of_pages,
    payments_of_trip,
    trip_named,
    trips_of,
)
from portal.billing.words import about, basis, became_of, card_name, has_words, label, shown, why
from portal.web import say
from portal.web.page import MEMBERS, me, of_trip, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table

bp = Blueprint("statements", __name__)

MOST_ROWS = 2_147_483_647  # what a line's number can be


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the page: its rows here, and what the whole of it came to."""

    first: date
    rows: list[StatementRow]
    totals: Totals


@bp.get("/account/statement")
@page(Step.PAY_BILL, who=MEMBERS, whole=True)
def show() -> Any:
    """Every row, newest first, by months; the next page begins before the last one here."""
    member = me()
    payer, before = payer_of_pages(member.id), _number(request.args.get("before"))
    found = StatementRows(payer.id, before, StatementRows(0).limit).all()
    by_month = [(month, list(rows)) for month, rows in groupby(found, key=lambda row: month_of(row.line.at))]
    totals = MonthTotals(payer.id, tuple(month for month, _rows in by_month)).all()
    months = [Month(month, rows, totals[month]) for month, rows in by_month]
    older = found[-1].line.id if len(found) == StatementRows(0).limit else None
    return render_template(
        "portal/billing/statements/show.html", payer=payer, months=months, older=older, before=before,
        business=account_for(member.id),
        trips=trips_of(row.line for row in found), shown=shown,
        disputed={one.line_id: one for one in disputes_of(member) if one.outcome is None})


def _number(text: str | None) -> int | None:
    """A line's number from the address; None when it is none."""
    return min(int(text), MOST_ROWS) if text and text.isascii() and text.isdecimal() and len(text) < 12 else None


def _month(text: str | None) -> date | None:
    """A month from the address, as 2026-11. Raises NotFound for what is no month."""
    if not text:
        return None
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound() from None
    if not 2000 <= month.year <= 2999:
        raise NotFound()
    return month


HEAD = ("date", "line", "what", "details", "trip", "car", "amount", "balance", "currency")


@bp.get("/account/statement.csv")
@page(Step.PAY_BILL, who=MEMBERS, whole=True)
def csv() -> Response:
    """The same rows as a table, oldest first: all of them, or a month's."""
    month, payer = _month(request.args.get("month")), payer_of_pages(me().id)
    rows = _rows_of(payer.id, month)
    trips = trips_of(row.line for row in rows)
    name = f"roundtrip-statement-{month:%Y-%m}.csv" if month else "roundtrip-statement.csv"
    return table(name, HEAD, (_cells(row, trips.get(row.line.reservation_id or 0)) for row in rows))


def _rows_of(payer_id: int, month: date | None) -> list[StatementRow]:
    since, until = month_bounds(month) if month else (None, None)
    return StatementRows(payer_id, limit=None, since=since, until=until).all()[::-1]


def _cells(row: StatementRow, trip: Any) -> list[Any]:
    line = row.line
    return [f"{line.at.astimezone(say.CITY_ZONE):%Y-%m-%d}", line.id, label(line), basis(line),
            trip.reference if trip else "", trip.car if trip else "", line.amount.cents / 100, row.balance.cents / 100,
            line.currency]


@bp.get("/account/statement.pdf")
@page(Step.PAY_BILL, who=MEMBERS, whole=True)
def pdf() -> Response:
    """A month on paper: the one that is asked for, or this one."""
    month, payer = _month(request.args.get("month")) or month_of(now()), payer_of_pages(me().id)
    rows = _rows_of(payer.id, month)
    sheet = member_sheet(me(), payer, month, rows, trips_of(row.line for row in rows), now())
    return Response(statement_pdf(sheet), mimetype="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="roundtrip-statement-{month:%Y-%m}.pdf"'})


@bp.get("/account/statement/<int(max=2147483647):line_id>")
@page(Step.PAY_BILL, who=MEMBERS, whole=True)
def line(line_id: int) -> Any:
    """A line opened: what it is, by which rule, on what evidence, what became of it, and the way to say it is wrong."""
    return _line(my_line(me(), line_id), DisputeForm(formdata=None))


def _line(found: LedgerRow, form: DisputeForm) -> Any:
    if not has_words(found.code):
        raise NotFound()  # it moves between our own books
    trip = trip_named(found.reservation_id)
    if found.reservation_id is not None:
        of_trip(found.reservation_id)
    payments: list[Payment] = []
    if found.reservation_id is not None and found.payer_id is not None and found.origin in (Origin.QUOTE, Origin.AFTER):
        payments = payments_of_trip(found.payer_id, found.reservation_id)
    return render_template(
        "portal/billing/statements/line.html", line=found, said=shown(found), why=why(found, say.CITY_ZONE), trip=trip,
        seen=_seen_before(found, trip), corrections=[row for row in corrections_of(found.id) if has_words(row.code)],
        corrects=found.corrects_id, shown=shown, payments=payments, became=became_of, card_name=card_name, about=about,
        dispute=my_dispute_of(me().id, found.id), disputable=is_disputable(found), form=form), form.page_status


def _seen_before(line: LedgerRow, trip: Any) -> str:
    """When the member saw this line before it was entered, if they did."""
    if line.origin == Origin.QUOTE and trip is not None:
        return _("In your quote, when you booked on %(time)s", time=say.moment(trip.booked_at))
    if line.origin == Origin.NOTICE and line.facts.get("sent_at"):
        sent = say.parsed(line.facts["sent_at"])
        return _("In the notice of %(time)s", time=say.moment(sent)) if sent else ""
    return ""


@bp.post("/account/statement/<int(max=2147483647):line_id>/dispute")
@page(Step.PAY_DISPUTE, who=MEMBERS)
def dispute(line_id: int) -> Any:
    """Say that a line is not right."""
    found, form = my_line(me(), line_id), DisputeForm()
    if not form.validate_on_submit():
        return _line(found, form)
    made = open_dispute(member=me(), line=found, words=form.words.data, seal=adapters().seal, now=now())
    flash(_("We have it. It is decided by %(time)s at the latest, and you can go on driving.", time=say.moment(made.due_at)),
          "ok")
    return redirect(url_for("disputes.show", dispute_id=made.id))
