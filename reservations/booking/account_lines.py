"""The lines of the account page about trips, cars and codes."""

from datetime import datetime

from flask_babel import gettext as _

from fleet.tariffs.in_force import policies_at
from portal.account.lines import Group, Line
from portal.account.models import Member, MemberStatus
from portal.web.say import dollars


def trip_lines(member: Member, now: datetime) -> list[Line]:
    """Where trips stand, and what belongs to them. An applicant has no code yet to give away."""
    gives = policies_at(now)["referral_gives"].value
    codes = (_("Where you type in one that you were given") if member.status == MemberStatus.APPLICANT else
             _("A friend’s first trip: %(amount)s for you", amount=dollars(gives)))
    return [
        Line(Group.TRIPS, "list", _("Trips"), _("What is booked, and what you drove"), "booking.trips"),
        Line(Group.TRIPS, "star-full", _("Favorites"), _("Cars and lots you keep"), "favourites.show"),
        Line(Group.TRIPS, "calendar", _("Your calendar"), _("Trips in your own calendar program"), "feed.show"),
        Line(Group.MONEY, "gauge", _("What it was worth"), _("Your trips against a car of your own"), "worth.show"),
        Line(Group.MONEY, "gift", _("Codes"), codes, "codes.show"),
    ]
