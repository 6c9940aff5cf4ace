"""The fleet manager's pages."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from core.time import now
from fleet.cars.models import Car, CarState
from fleet.cars.queries import the_car
from fleet.desk.asking import Asking
from fleet.desk.board import Board
from fleet.desk.board_page import board_page, kpis
from fleet.desk.bring_back import bring_back
from fleet.desk.car_page import block_of, car_page
from fleet.desk.export import HEAD, cells
from fleet.desk.forms import BackInServiceForm, OutOfServiceForm
from fleet.desk.out_of_service import OutOfService
from fleet.desk.take_out import take_out
from fleet.desk.today import BookingsToday
from fleet.desk.touched import what_it_touches
from fleet.desk.words import booking_status, state_tag
from portal.web import say
from portal.web.live import part
from portal.web.page import FLEET, page
from portal.web.say import CITY_ZONE
from portal.web.spreadsheet import table
from reservations.booking.moves.propose import choices_for

bp = Blueprint("fleet_desk", __name__, url_prefix="/fleet")
STAFF = "staff desk: fleet managers are not on a member's journey"


@bp.get("/")
@page(who=FLEET, exempt=STAFF)
def board() -> Any:
    """Every car, what needs someone first."""
    at, asking = now(), Asking.read(request.args)
    rows = Board(at).rows()
    return render_template("fleet/desk/board.html", page=board_page(rows, asking, at),
                           kpis=kpis(rows, at), at=at)


@bp.get("/board/live")
@page(who=FLEET, exempt=STAFF)
def board_live() -> Response:
    """The table's rows as they are now; 304 while nothing has changed."""
    at = now()
    shown = board_page(Board(at).rows(), Asking.read(request.args), at)
    return part(render_template("fleet/desk/rows.html", page=shown))


@bp.get("/board/figures")
@page(who=FLEET, exempt=STAFF)
def board_figures() -> Response:
    """The figures over the table as they are now; 304 while nothing has changed."""
    at = now()
    return part(render_template("fleet/desk/figures.html", kpis=kpis(Board(at).rows(), at), at=at))


@bp.get("/cars.csv")
@page(who=FLEET, exempt=STAFF)
def cars_csv() -> Response:
    """The board's rows, as filtered and sorted, all pages."""
    rows = Asking.read(request.args).answer(Board(now()).rows())
    return table("cars.csv", HEAD, map(cells, rows))


@bp.get("/bookings")
@page(who=FLEET, exempt=STAFF)
def bookings() -> Any:
    """The bookings that start today."""
    at = now()
    return render_template("fleet/desk/bookings.html", at=at, bookings=BookingsToday(at, CITY_ZONE).all(),
                           status_word=booking_status)


@bp.get("/blocks")
@page(who=FLEET, exempt=STAFF)
def blocks() -> Any:
    """What is out of service, overdue first."""
    at = now()
    return render_template("fleet/desk/blocks.html", at=at, blocks=OutOfService(at).all(), state_tag=state_tag)


@bp.get("/cars/<slug>")
@page(who=FLEET, exempt=STAFF)
def car(slug: str) -> Any:
    """One car: how it is, its week, what happened to it."""
    return render_template("fleet/desk/car.html", **car_page(the_car(slug), now()))


@bp.route("/cars/<slug>/out-of-service", methods=["GET", "POST"])
@page(who=FLEET, exempt=STAFF)
def out_of_service(slug: str) -> Any:
    """Ask why and until when, show what that touches, and on the second word do it."""
    found, at = the_car(slug), now()
    form = OutOfServiceForm(found.lot.zone, at, data={"until": _tomorrow(found, at)})
    touched = None
    if form.validate_on_submit():
        if form.confirm.data and _take_out(found, form, at):
            return redirect(url_for("fleet_desk.car", slug=slug))
        touched = what_it_touches(found, form.until_at, at)
        if touched.ends_before_it_begins:
            form.until.errors = [_("The trip that is on now lasts longer. Pick a time after %(end)s.",
                                   end=say.moment(touched.driving.ends_at, found.lot.zone))]
            touched = None
    changed = touched is not None and bool(form.confirm.data)  # confirmed, and yet here: it is not what was shown
    form.digest.data = touched.digest if touched else ""
    choices = choices_for(touched.need_another, at) if touched else {}
    return render_template("fleet/desk/out_of_service.html", car=found, form=form, at=at, touched=touched, changed=changed,
                           stand_ins={booking_id: best[0] for booking_id, best in choices.items()})


def _take_out(found: Car, form: OutOfServiceForm, at: datetime) -> bool:
    block = take_out(car=found, state=CarState(form.state.data), why=form.why.data, until=form.until_at,
                     seen=form.digest.data, by_user_id=current_user.id, now=at)
    if block is None:
        return False
    flash(_("%(car)s is out of service.", car=found.name), "ok")
    return True


def _tomorrow(found: Car, at: datetime) -> datetime:
    """Tomorrow at noon by the lot's clock: what the form proposes."""
    zone: ZoneInfo = found.lot.zone
    return (at.astimezone(zone) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)


@bp.route("/cars/<slug>/back-in-service", methods=["GET", "POST"])
@page(who=FLEET, exempt=STAFF)
def back_in_service(slug: str) -> Any:
    """Ask what was done, and put the car back."""
    found, form = the_car(slug), BackInServiceForm()
    if form.validate_on_submit():
        safe = bring_back(car=found, by_user_id=current_user.id, why=form.why.data, now=now())
        flash(_("%(car)s is back in service.", car=found.name), "ok")
        if safe:
            flash(ngettext("%(num)d booking is safe again.", "%(num)d bookings are safe again.", safe), "ok")
        return redirect(url_for("fleet_desk.blocks"))
    return render_template("fleet/desk/back_in_service.html", car=found, form=form, at=now(),
                           **block_of(found))
