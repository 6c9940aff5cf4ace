"""The lines of the account page about what we promised."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member, MemberStatus


def promise_lines(member: Member, _now: datetime) -> list[Line]:
    """What we promised this member, and what came of it; an applicant, when we decide."""
    if member.status == MemberStatus.APPLICANT:
        return [Line(Group.MEMBERSHIP, "check", _("When we decide"), _("What we promised you, and whether we kept it"),
                     "promises.mine")]
    return [Line(Group.MEMBERSHIP, "check", _("Our promises to you"), _("What we promised, kept and broke"), "promises.mine")]
