"""The lines of the account page about programs."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.account.lines import Group, Line
from portal.account.models import Member
from portal.api.own_tokens import live_tokens


def token_lines(member: Member, _now: datetime) -> list[Line]:
    """How many programs may act for the member."""
    many = len(live_tokens(member.id))
    state = ngettext("%(num)d may act for you", "%(num)d may act for you", many) if many else _("None acts for you")
    return [Line(Group.SAFETY, "key", _("Tokens for programs"), state, "tokens.show")]
