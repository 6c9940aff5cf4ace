"""The lines of the account page about what we promised."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member


def promise_lines(_member: Member, _now: datetime) -> list[Line]:
    """What we promised this member, and what came of it."""
    return [Line(Group.MEMBERSHIP, "check", _("Our promises to you"), _("What we promised, kept and broke"), "promises.mine")]
