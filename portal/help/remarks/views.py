"""Remarks: writing one, reporting one, and the part that cars' and lots' pages show."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.forms import plain_lines
from experience.journey import Step
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.help.remarks.models import RemarkState, RemovedWhy
from portal.help.remarks.queries import remarks_about, the_remark
from portal.help.remarks.rules import LEAST, MOST
from portal.help.remarks.write import report, was_there, write_remark
from portal.help.words import REMOVED
from portal.web.forms import Form, OnceForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page, page_facts

bp = Blueprint("help_remarks", __name__, url_prefix="/help/remarks")


class RemarkForm(OnceForm):
    words = TextAreaField(_l("What should the next one know?"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST},
                          validators=[DataRequired(_l("Write a sentence.")),
                                      Length(LEAST, MOST, _l("Say it in 5 to 280 letters."))])


class ReportForm(Form):
    why = SelectField(_l("What is wrong with it?"), choices=[
        SelectChoice(str(key), label) for key, label in REMOVED.items()])


@bp.app_template_global()
def remarks_here(car: Any = None, lot: Any = None) -> dict[str, Any]:
    """What a page shows: the remarks, and whether its reader may leave one."""
    member = current_user.member if current_user.is_authenticated else None
    return {"found": remarks_about(now=now(), car_id=car.id if car else None, lot_id=lot.id if lot else None),
            "may_write_car": bool(member and car and was_there(member.id, car=car)),
            "may_write_lot": bool(member and lot and was_there(member.id, lot=lot)), "member": member}


@bp.route("/new", methods=["GET", "POST"])
@page(Step.HELP_CONTACT, who=MEMBERS)
@limiter.limit("5/minute", methods=["POST"])
def new() -> Any:
    """Leave a remark on a car that one has driven, or a lot where one has been."""
    car, lot = _car(), _lot()
    if car is None and lot is None:
        raise NotFound()
    page_facts(**({"car_id": car.id} if car else {"lot_id": lot.id}))  # type: ignore[union-attr]  # one of them is there
    form, status = RemarkForm(), None
    if form.validate_on_submit():
        try:
            remark = write_remark(member=me(), car=car, lot=lot, words=form.words.data, once=form.once.data, now=now())
        except Refusal as refusal:  # what was typed stays, with the reason beside it
            form.words.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            shown = remark.state == RemarkState.SHOWN
            flash(_("Thank you. The next ones read it.") if shown else
                  _("Thank you. Somebody of ours reads it first; then the next ones do."), "ok")
            return redirect(url_for("search.car", slug=car.slug) if car else url_for("search.lot", slug=lot.slug))  # type: ignore[union-attr]  # as above
    return render_template("portal/help/remarks/new.html", form=form, car=car, lot=lot), status or form.page_status


@bp.route("/<uuid:remark_id>/report", methods=["GET", "POST"])
@page(Step.HELP_CONTACT, who=MEMBERS)
@limiter.limit("10/minute", methods=["POST"])
def tell_us(remark_id: UUID) -> Any:
    """Say that a remark should not stand."""
    remark, form = the_remark(remark_id), ReportForm()
    if remark.state != RemarkState.SHOWN:
        raise NotFound()
    car, lot = db.session.get(Car, remark.car_id or 0), db.session.get(Lot, remark.lot_id or 0)
    if form.validate_on_submit():
        report(member=me(), remark_id=remark_id, why=RemovedWhy(form.why.data), now=now())
        flash(_("Thank you. Somebody of ours looks at it."), "ok")
        return redirect(url_for("search.car", slug=car.slug) if car else url_for("search.lot", slug=lot.slug if lot else ""))
    return render_template("portal/help/remarks/report.html", form=form, remark=remark, car=car, lot=lot), form.page_status


def _car() -> Car | None:
    slug = request.args.get("car", "")
    return db.session.scalar(select(Car).where(Car.slug == slug)) if slug else None


def _lot() -> Lot | None:
    slug = request.args.get("lot", "")
    return db.session.scalar(select(Lot).where(Lot.slug == slug)) if slug else None
