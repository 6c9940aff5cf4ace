"""The lines of the account page about what somebody pays because of who they are."""

from datetime import datetime

from flask_babel import gettext as _

from fleet.tariffs.in_force import policies_at
from portal.account.lines import Group, Line
from portal.account.models import Member
from portal.account.tier.queries import counts_on, waiting_of, young_of
from portal.web.say import CITY_ZONE, cents, day


def tier_lines(member: Member, now: datetime) -> list[Line]:
    """What they pay more and until when, or the reduced tier."""
    return [Line(Group.MONEY, "gift", _("Your tier"), _state(member, now), "tier.show")]


def _state(member: Member, now: datetime) -> str:
    said = []
    if young := young_of(member, policies_at(now), now):
        said.append(_("%(amount)s an hour more until %(day)s", amount=cents(young[0].hour.value),
                      day=day(young[0].ends_on, year=True)))
    if member.reduced_until is not None and counts_on(member, now.astimezone(CITY_ZONE).date()):
        said.append(_("Reduced until %(day)s", day=day(member.reduced_until, year=True)))
    elif waiting_of(member.id) is not None:
        said.append(_("We are looking at your request"))
    return "; ".join(said) or _("The normal price; it may be lower")
