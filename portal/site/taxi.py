"""The page on which a member sends in the receipt of a taxi that they took because their car was not there."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from core.database import db
from core.money import Money
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.web import say
from portal.web.forms import Form
from portal.web.page import MEMBERS, me, of_trip, page
from reservations.booking.models import Reservation
from reservations.trip.repay_taxi import (
    AnotherCar,
    NotThatDay,
    Ride,
    SomebodyLooks,
    TaxiTooLate,
    my_taxi_promise,
    repay_taxi,
    taxi_of,
)

bp = Blueprint("taxi", __name__)


def _finite(number: Decimal | None) -> Decimal | None:
    """None for what is written like a number and is none: the range below says what is wanted."""
    return number if number is not None and number.is_finite() else None


class TaxiForm(Form):
    """What the receipt says."""

    company = StringField(_l("Who drove you"), filters=[lambda name: (name or "").strip()], validators=[
        InputRequired(_l("Type the name on the receipt, like Yellow Cab.")),
        Length(2, 80, _l("The name has 2 to 80 characters."))])
    day = DateField(_l("Day on the receipt"), validators=[InputRequired(_l("Choose the day on the receipt."))])
    paid = DecimalField(_l("Amount, $"), places=2, filters=[_finite], validators=[
        InputRequired(_l("Type the amount on the receipt, like 17.40.")),
        NumberRange(Decimal("0.01"), Decimal("500"), _l("The amount lies between $0.01 and $500."))],
        render_kw={"inputmode": "decimal"})


@bp.route("/account/promises/<uuid:promise_id>/taxi", methods=["GET", "POST"])
@page(Step.HELP_RECOVERY, who=MEMBERS)
def receipt(promise_id: UUID) -> Any:
    """Take the receipt's figures; what is repaid is credit at once."""
    promise = my_taxi_promise(me(), promise_id)
    trip = db.session.get_one(Reservation, promise.reservation_id)
    of_trip(trip.id)
    form, status, repaid = TaxiForm(), None, taxi_of(promise.id)
    if repaid is None and form.validate_on_submit():
        ride = Ride(form.company.data, form.day.data, Money(round(form.paid.data * 100)))
        try:
            given = repay_taxi(promise=promise, ride=ride, now=now())
        except (AnotherCar, NotThatDay, TaxiTooLate, SomebodyLooks) as refusal:  # what was typed stays, and why
            form.day.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            flash(_("Repaid: %(amount)s of credit.", amount=say.money(given.amount)), "ok")
            return redirect(url_for("promises.mine"))
    if not form.is_submitted():
        form.day.data = trip.starts_at.astimezone(trip.car.lot.zone).date()
    return render_template("portal/site/taxi.html", form=form, promise=promise, trip=trip, repaid=repaid,
                           most=policies_at(promise.minted_at)["remedy_taxi"].value), status or form.page_status
