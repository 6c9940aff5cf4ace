"""The insurance certificate of a trip: always at hand, also when the trip is over."""

from typing import Any

from flask import Blueprint, render_template

from experience.journey import Step
from fleet.cars import words
from fleet.tariffs.in_force import policies_at
from portal.web.page import MEMBERS, me, of_trip, page
from reservations.booking.models import Status
from reservations.booking.queries import my_reservation

bp = Blueprint("insurance", __name__)


@bp.get("/trips/<reference>/certificate")
@page(Step.MANAGE_HISTORY, who=MEMBERS, whole=True)
def certificate(reference: str) -> Any:
    """What to show a police officer or the other party."""
    reservation = my_reservation(me(), reference)
    of_trip(reservation.id)
    policies = policies_at(reservation.booked_at)
    return render_template(
        "reservations/insurance/certificate.html", reservation=reservation, car=reservation.car, words=words,
        zone=reservation.car.lot.zone, excess=policies[f"excess_{reservation.waiver}"].value,
        valid=reservation.status in (Status.BOOKED, Status.DRIVING, Status.RETURNED))
