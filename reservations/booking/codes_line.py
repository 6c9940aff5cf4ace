"""The line of the account page about codes."""

from datetime import datetime

from flask_babel import gettext as _

from fleet.tariffs.in_force import policies_at
from portal.account.lines import Group, Line
from portal.account.models import Member
from portal.web.say import dollars


def codes_line(_member: Member, now: datetime) -> list[Line]:
    """What a friend and the member get."""
    gives = policies_at(now)["referral_gives"].value
    return [Line(Group.MONEY, "gift", _("Codes"), _("A friend’s first trip: %(amount)s for you", amount=dollars(gives)),
                 "codes.show")]
