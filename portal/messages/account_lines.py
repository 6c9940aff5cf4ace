"""The lines of the account page about the inbox."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member
from portal.messages.inbox import any_unread


def inbox_lines(member: Member, _now: datetime) -> list[Line]:
    """Everything that we wrote, and whether some of it is new."""
    state = _("Something new") if any_unread(member.id) else _("Everything we wrote to you")
    return [Line(Group.YOU, "mail", _("Inbox"), state, "messages.inbox")]
