"""Trips that stand in the way of leaving: the one that is on, and those that are booked."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.leave.in_the_way import Obstacle
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import UpcomingTrips


def trips_in_the_way(member_id: int, _now: datetime) -> list[Obstacle]:
    """Each by its car and its start."""
    return [_obstacle(trip) for trip in UpcomingTrips(member_id).all()]


def _obstacle(trip: Reservation) -> Obstacle:
    car, starts = trip.car.name, say.moment(trip.starts_at, trip.car.lot.zone)
    if trip.status == Status.DRIVING:
        return Obstacle(_("You have %(car)s out since %(time)s.", car=car, time=starts), _("Bring it back"), "trips.drive")
    return Obstacle(_("You have booked %(car)s for %(time)s.", car=car, time=starts), _("Cancel it, or drive it first"),
                    "trips.show", {"reference": trip.reference})
