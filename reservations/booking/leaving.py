"""Trips that stand in the way of leaving: the one that is on, those that are booked, and those of others that they pay."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from portal.account.leave.in_the_way import Obstacle
from portal.billing.payers.models import Payer
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import UpcomingTrips


def trips_in_the_way(member_id: int, _now: datetime) -> list[Obstacle]:
    """Each by its car and its start."""
    return [_obstacle(trip) for trip in UpcomingTrips(member_id).all()]


def drivers_trips_in_the_way(member_id: int, _now: datetime) -> list[Obstacle]:
    """Each trip of another driver that is ahead or on and that this member's card pays, also of one who drives on their account
    no longer."""
    trips = db.session.scalars(
        select(Reservation).join(Payer, Payer.id == Reservation.payer_id)
        .where(Payer.member_id == member_id, Reservation.member_id != member_id,
               Reservation.status.in_((Status.BOOKED, Status.DRIVING)))
        .order_by(Reservation.starts_at, Reservation.id)).all()
    return [Obstacle(_("You pay for a trip of %(name)s: %(car)s, %(time)s.", name=trip.member.name, car=trip.car.name,
                       time=say.moment(trip.starts_at, trip.car.lot.zone)),
                     _("Ask them to cancel it or to bring the car back"), "drivers.show") for trip in trips]


def _obstacle(trip: Reservation) -> Obstacle:
    car, starts = trip.car.name, say.moment(trip.starts_at, trip.car.lot.zone)
    if trip.status == Status.DRIVING:
        return Obstacle(_("You have %(car)s out since %(time)s.", car=car, time=starts), _("Bring it back"), "trips.drive")
    return Obstacle(_("You have booked %(car)s for %(time)s.", car=car, time=starts), _("Cancel it, or drive it first"),
                    "trips.show", {"reference": trip.reference})
