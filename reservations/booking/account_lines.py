"""The lines of the account page about trips and cars."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member


def trip_lines(_member: Member, _now: datetime) -> list[Line]:
    """Where trips stand, and what belongs to them."""
    return [
        Line(Group.TRIPS, "list", _("Trips"), _("What is booked, and what you drove"), "booking.trips"),
        Line(Group.TRIPS, "star-full", _("Favorites"), _("Cars and lots you keep"), "favourites.show"),
        Line(Group.TRIPS, "calendar", _("Your calendar"), _("Trips in your own calendar program"), "feed.show"),
        Line(Group.MONEY, "gauge", _("What it was worth"), _("Your trips against a car of your own"), "worth.show"),
    ]
