"""The site as servers load it, but that no form is known to have been posted before, nor a trip as one's own: a race test must
notice."""

from portal.app import create_app
from reservations.booking import book
from reservations.booking.own_trips import OwnTrips

book._booked_already = lambda *_about: None
OwnTrips.in_car = lambda *_about: None
app = create_app()
