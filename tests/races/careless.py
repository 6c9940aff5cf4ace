"""The site as servers load it, but that no form is known to have been posted before: a race test must notice."""

from portal.app import create_app
from reservations.booking import book

book._booked_already = lambda *_about: None
app = create_app()
