"""The fuel stop's page: the card's PIN while the trip is on, and the pump's figures."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.database import db
from core.time import now
from experience.journey import Step
from fleet.energy.models import EnergyCard
from fleet.tariffs.in_force import policies_at
from portal.web.page import MEMBERS, me, of_trip, page
from portal.web.shell import adapters
from reservations.booking.models import Status
from reservations.booking.queries import my_reservation
from reservations.fuel.forms import ChargeForm, FuelForm
from reservations.fuel.log_stop import CardUsedUp, MoreThanFits, OverCardLimit, ReceiptTooDear, log_stop, stops_of
from reservations.trip.errors import NotDriving

bp = Blueprint("fuel", __name__)


@bp.route("/trips/<reference>/fuel", methods=["GET", "POST"])
@page(Step.DRIVE_REFUEL, who=MEMBERS)
def stop(reference: str) -> Any:
    """Show the PIN and take the figures; on POST, log the stop."""
    reservation = my_reservation(me(), reference)
    form = ChargeForm() if reservation.car.electric else FuelForm()
    of_trip(reservation.id)
    if reservation.status == Status.RETURNED:
        return redirect(url_for("trips.receipt", reference=reference))
    if reservation.status != Status.DRIVING:
        raise NotDriving()
    status = None
    if form.validate_on_submit():
        try:
            log_stop(reservation=reservation, fill=form.fill, once=form.once.data, now=now())
        except (OverCardLimit, CardUsedUp, ReceiptTooDear, MoreThanFits) as refusal:  # what was typed stays, and why
            beside = form.volume if isinstance(refusal, MoreThanFits) else form.amount
            beside.errors, status = [f"{refusal.says} {refusal.remedy}"], refusal.status
        else:
            flash(_("Logged. Thank you for charging.") if reservation.car.electric else _("Logged. Thank you for refuelling."),
                  "ok")
            return redirect(url_for("trips.show", reference=reference))
    card = db.session.get(EnergyCard, reservation.car_id)
    return render_template(
        "reservations/fuel/stop.html", reservation=reservation, car=reservation.car, form=form, card=card,
        pin=adapters().seal.open(card.pin_sealed) if card else "", stops=stops_of(reservation),
        zone=reservation.car.lot.zone, policies=policies_at(now()), reading=reservation.car.reading), status or form.page_status
