"""The lines of the account page about one's own data."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member, User
from portal.privacy.ask_to_erase import open_erasure
from portal.privacy.export import newest_export
from portal.privacy.models import ExportState


def data_lines(member: Member, now: datetime) -> list[Line]:
    """A member's."""
    return users_data_lines(member.user, now)


def users_data_lines(user: User, now: datetime) -> list[Line]:
    """Whether an erasure waits or a download is there."""
    erasure, export = open_erasure(user.id), newest_export(user.id)
    if erasure is not None:
        return [Line(Group.SAFETY, "file", _("Your data"), _("To be erased: see when"), "privacy.show", to_do=True)]
    there = export is not None and export.state == ExportState.READY and export.ends_at is not None and export.ends_at > now
    return [Line(Group.SAFETY, "file", _("Your data"), _("Your download is ready") if there else
                 _("Take it, see who looked, erase it"), "privacy.show")]
