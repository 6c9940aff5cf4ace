"""What a business's trips came to, by days, driver and cost centre, as a page and as a table; and its invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response, render_template, request
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from core.time import now
from portal.billing.invoices.issue import rows_of
from portal.billing.invoices.models import Invoice
from portal.billing.payers.cost_centres import cost_centres_of
from portal.billing.statements.pdf import invoice_sheet, statement_pdf
from portal.billing.statements.queries import trips_of
from portal.billing.words import basis, label
from portal.business.blueprint import ID, WHY, bp, mine
from portal.business.trips import PaidTrips, drivers_seen
from portal.business.words import STATES
from portal.web.listing import number_of
from portal.web.page import SIGNED_IN, page
from portal.web.say import CITY_ZONE
from portal.web.spreadsheet import table
from reservations.booking.models import Status

SHOWN = 200
HEAD = ("trip", "driver", "starts", "ends", "state", "car", "class", "cost_centre", "cost_centre_name", "cost", "currency")
INVOICE_HEAD = ("date", "line", "what", "details", "trip", "car", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which trips: those that begin from one day to another, by the city's clock, of one driver or cost centre."""

    first: date
    last: date
    member_id: int | None
    cost_centre_id: int | None

    @classmethod
    def read(cls, args: Mapping[str, str], at: datetime) -> "Asked":
        """Take what makes sense from the address; else this month so far, of everybody."""
        today = at.astimezone(CITY_ZONE).date()
        first = _day(args.get("first")) or today.replace(day=1)
        last = _day(args.get("last")) or max(first, today)
        return cls(first, max(first, last), number_of(args.get("driver", "")), number_of(args.get("centre", "")))

    def trips(self, payer_id: int) -> PaidTrips:
        """The question for this business."""
        return PaidTrips(payer_id, _midnight(self.first), _midnight(self.last + timedelta(days=1)), self.member_id,
                         self.cost_centre_id)


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2999 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)


@bp.get(f"/<{ID}:payer_id>/trips")
@page(who=SIGNED_IN, exempt=WHY)
def trips(payer_id: int) -> Any:
    """The trips as asked for, the newest of them, and what all of them came to."""
    found, asked = mine(payer_id), Asked.read(request.args, now())
    question = asked.trips(payer_id)
    count, cost = question.sums()
    return render_template("portal/business/trips.html", business=found, asked=asked, trips=question.all(SHOWN), count=count,
                           cost=cost, shown=SHOWN, at=now(), drivers=drivers_seen(payer_id), centres=cost_centres_of(payer_id))


@bp.get(f"/<{ID}:payer_id>/trips.csv")
@page(who=SIGNED_IN, exempt=WHY)
def trips_csv(payer_id: int) -> Response:
    """All of them as a table."""
    mine(payer_id)
    asked = Asked.read(request.args, now())
    return table(f"trips-{asked.first}-{asked.last}.csv", HEAD, (
        [one.reference, one.driver, f"{one.starts_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}",
         f"{one.ends_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}", STATES[Status(one.status)], one.car, one.car_class,
         one.code or "", one.cost_centre or "", one.cents / 100, one.cost.currency] for one in asked.trips(payer_id).all()))


@bp.get(f"/<{ID}:payer_id>/invoices")
@page(who=SIGNED_IN, exempt=WHY)
def invoices(payer_id: int) -> Any:
    """The business's invoices, newest first."""
    found = mine(payer_id)
    rows = db.session.scalars(select(Invoice).where(Invoice.payer_id == payer_id).order_by(Invoice.month.desc())).all()
    return render_template("portal/business/invoices.html", business=found, invoices=rows, at=now())


def _my_invoice(payer_id: int, invoice_id: int) -> Invoice:
    mine(payer_id)
    found = db.session.get(Invoice, invoice_id)
    if found is None or found.payer_id != payer_id:
        raise NotFound()
    return found


@bp.get(f"/<{ID}:payer_id>/invoices/<{ID}:invoice_id>.pdf")
@page(who=SIGNED_IN, exempt=WHY)
def invoice_pdf(payer_id: int, invoice_id: int) -> Response:
    """One invoice on paper, as it was mailed."""
    found = _my_invoice(payer_id, invoice_id)
    return Response(statement_pdf(invoice_sheet(found)), mimetype="application/pdf",
                    headers={"Content-Disposition": f'attachment; filename="roundtrip-{found.number}.pdf"'})


@bp.get(f"/<{ID}:payer_id>/invoices/<{ID}:invoice_id>.csv")
@page(who=SIGNED_IN, exempt=WHY)
def invoice_csv(payer_id: int, invoice_id: int) -> Response:
    """Its lines as a table."""
    found = _my_invoice(payer_id, invoice_id)
    rows = rows_of(payer_id, found.after_row, found.last_row)
    named = trips_of(rows)
    return table(f"roundtrip-{found.number}.csv", INVOICE_HEAD, (
        [f"{row.at.astimezone(CITY_ZONE):%Y-%m-%d}", row.id, label(row), basis(row), trip.reference if trip else "",
         trip.car if trip else "", row.amount.cents / 100, row.currency]
        for row in rows for trip in [named.get(row.reservation_id or 0)]))
