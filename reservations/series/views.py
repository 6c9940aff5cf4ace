"""Booking the same times again and again: the days with their prices, the series, and cancelling what is left of it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.money import Money, total
from core.time import Span, now
from experience.journey import Step
from fleet.cars import words
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.billing.payers.errors import CostCentreFirst
from portal.billing.payers.on_account import on_account
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.web import say
from portal.web.page import MEMBERS, me, page, page_facts, stopped_by_fields
from reservations.booking.errors import DearerThanShown, OfferExpired
from reservations.booking.models import Status, Waiver
from reservations.booking.offer import FrozenOffer, freeze, thaw
from reservations.booking.queries import bookable_car
from reservations.search.times import query, read_times
from reservations.series.book import book_series, bookings_of
from reservations.series.cancel import cancel_rest, fees_of, left_of, my_series
from reservations.series.errors import NoSeries, NothingFree
from reservations.series.forms import CancelSeriesForm, SeriesForm, read_days, read_until
from reservations.series.models import Series
from reservations.series.plan import Planned, cost_of, instead_of, plan_series
from reservations.series.rules import Repeats, Why, repeats_of

bp = Blueprint("series", __name__)


@bp.route("/cars/<slug>/repeat", methods=["GET", "POST"])
@page(Step.BOOK_CONFIRM, who=MEMBERS)
def repeat(slug: str) -> Any:
    """Ask on which days, then show each with its price; on POST, book all that can be had."""
    car, form = bookable_car(slug), SeriesForm()
    page_facts(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, plan=me().plan)
    span, (until, fault) = _span(car), read_until(request.args)
    if span is None:  # the car's page says what is wrong with the times
        return redirect(url_for("search.car", slug=car.slug, **_typed()))
    wish = _wish(car, span, until) if until else None
    if not form.is_submitted():
        return _ask(car, span, wish, fault)
    if wish is None:
        stopped_by_fields(["until"])
        return _ask(car, span, None, fault or _("Choose the last day."), 422)
    try:
        kept = thaw(form.offer.data or "", current_app.config["SECRET_KEY"], car_id=car.id, plan=me().plan, now=now())
    except OfferExpired:
        stopped_by_fields(["offer"])
        flash(str(OfferExpired.remedy), "warn")
        return _ask(car, span, wish, status=OfferExpired.status)
    form.offer_cost_centres(on_account(me().id))
    if not form.validate_on_submit():
        return _ask(car, span, wish, status=422)
    try:
        series = book_series(member=me(), car=car, wish=wish, waiver=Waiver.INCLUDED, at=kept.at, once=form.once.data,
                             now=now(), cost_centre_id=form.cost_centre_id)
    except (NoSeries, NothingFree, CostCentreFirst) as refusal:
        return _ask(car, span, wish, str(refusal.says), refusal.status)
    except (CardFirst, BookingStopped) as refusal:  # the payments page is where it is mended, and leads back here
        flash(_("Nothing was booked. %(why)s", why=refusal.says), "warn")
        return redirect(url_for("cards.payments", next=request.full_path.rstrip("?")))
    count = len(bookings_of(series))
    flash(ngettext("Booked: %(num)d trip with %(car)s.", "Booked: %(num)d trips with %(car)s.", count, car=car.name), "ok")
    return redirect(url_for("series.show", series_id=series.id))


@bp.get("/series/<uuid:series_id>")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def show(series_id: UUID) -> Any:
    """Every booking of the series, and for each day without one what may be done instead."""
    series = my_series(me(), series_id)
    bookings = bookings_of(series)
    return render_template(
        "reservations/series/series.html", series=series, car=series.car, zone=series.car.lot.zone, bookings=bookings,
        left=[each for each in bookings if each.status == Status.BOOKED], missed=_missed(series), words=words, span_query=query)


@bp.route("/series/<uuid:series_id>/cancel", methods=["GET", "POST"])
@page(Step.BOOK_CANCEL, who=MEMBERS)
def cancel_all(series_id: UUID) -> Any:
    """Say what cancelling all that are left costs; on POST, cancel them."""
    series, form = my_series(me(), series_id), CancelSeriesForm()
    if not left_of(series):
        return redirect(url_for("series.show", series_id=series.id))
    if not form.validate_on_submit():
        return _ask_to_cancel(series, form.page_status)
    try:
        fee = cancel_rest(series=series, shown=Money(int(form.fee_cents.data)), now=now())
    except DearerThanShown as refusal:
        flash(f"{refusal.says} {refusal.remedy}", "warn")
        return _ask_to_cancel(series, refusal.status)
    flash(_("Cancelled. It costs %(fee)s.", fee=say.money(fee)) if fee.cents else _("Cancelled. It costs nothing."), "ok")
    return redirect(url_for("series.show", series_id=series.id))


def _span(car: Car) -> Span | None:
    return read_times(request.args.get("start", ""), request.args.get("end", ""), zone=car.lot.zone, now=now(),
                      policies=policies_at(now()), start_fold=request.args.get("start_fold", ""),
                      end_fold=request.args.get("end_fold", "")).span


def _typed() -> dict[str, str]:
    return {key: request.args[key] for key in ("start", "end", "start_fold", "end_fold") if key in request.args}


def _wish(car: Car, span: Span, until: date) -> Repeats:
    zone = car.lot.zone
    return repeats_of(span, zone, read_days(request.args, span.start.astimezone(zone).weekday()), until)


def _ask(car: Car, span: Span, wish: Repeats | None, fault: str = "", status: int = 200) -> Any:
    """The days to choose, and when they are chosen each with its price, frozen now."""
    at, zone = now(), car.lot.zone
    planned: list[Planned] = []
    try:
        if wish is not None:
            planned = plan_series(member=me(), car=car, wish=wish, waiver=Waiver.INCLUDED, at=at, now=at)
    except NoSeries as refusal:
        fault, status = str(refusal.says), refusal.status
    if fault and status == 200:
        status = 422
    form, account = SeriesForm(
        formdata=None, offer=freeze(FrozenOffer(car.id, span, me().plan, at), current_app.config["SECRET_KEY"]),
        cost_centre=request.form.get("cost_centre", "")), on_account(me().id)
    form.offer_cost_centres(account)
    first = span.start.astimezone(zone).date()
    return render_template(
        "reservations/series/repeat.html", car=car, lot=car.lot, zone=zone, span=span, form=form, fault=fault, planned=planned,
        free=[each for each in planned if each.price], cost=cost_of(planned), query=query(span, zone), words=words,
        weekdays=weekdays(), chosen=read_days(request.args, first.weekday()), until=request.args.get("until", "")[:10],
        account=account, least=first.isoformat(), last=(at.astimezone(zone).date() + timedelta(
            days=policies_at(at)["booking_ahead"].value)).isoformat(), why=why_not), status


def weekdays() -> list[tuple[int, str]]:
    """Monday to Sunday, in short."""
    return [(0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun"))]


def why_not(why: str) -> str:
    """Why there is no booking on a day, in words."""
    return {Why.TAKEN: _("Taken"), Why.NEVER: _("The clocks go forward over that time: it does not exist on that day"),
            Why.TWICE: _("The clocks go back: that time happens twice on that day"),
            Why.LENGTH: _("It cannot be booked for that time")}[Why(why)]


def _missed(series: Series) -> list[dict[str, Any]]:
    """Each day without a booking, with the ways on that are left: whose time has passed is left out."""
    taken = [_span_of(row) for row in series.not_booked if row["why"] == Why.TAKEN]
    instead = instead_of(series.car, [span for span in taken if span is not None and span.start > now()], now())
    return [{"day": date.fromisoformat(row["day"]), "span": _span_of(row), "why": why_not(row["why"]),
             "taken": row["why"] == Why.TAKEN, "instead": instead.get(_span_of(row))}  # type: ignore[arg-type]  # none: no key
            for row in series.not_booked]


def _span_of(row: dict[str, str]) -> Span | None:
    return Span(datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])) if "start" in row else None


def _ask_to_cancel(series: Series, status: int) -> Any:
    left = left_of(series)
    fees = fees_of(left, now())
    together = total(fees)
    return render_template("reservations/series/cancel.html", series=series, car=series.car, zone=series.car.lot.zone,
                           left=list(zip(left, fees, strict=True)), fee=together,
                           form=CancelSeriesForm(formdata=None, fee_cents=str(together.cents))), status
