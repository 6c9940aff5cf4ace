"""The lines of the account page about the licence."""

from datetime import datetime

from flask_babel import gettext as _

from fleet.tariffs.in_force import policies_at
from portal.account.lines import Group, Line
from portal.account.models import Member, MemberStatus
from portal.licence.models import LicenceStatus
from portal.licence.queries import licence_of, open_licence_of, renewable
from portal.web.say import CITY_ZONE, day


def licence_lines(member: Member, now: datetime) -> list[Line]:
    """Until when it counts, or what is to be done about it. Applicants show theirs while they join."""
    if member.status == MemberStatus.APPLICANT:
        return []
    state, to_do = _state(member, now)
    return [Line(Group.MEMBERSHIP, "file", _("Licence"), state, "licence.show", to_do=to_do)]


def _state(member: Member, now: datetime) -> tuple[str, bool]:
    counts, waiting = licence_of(member.id), open_licence_of(member.id)
    if waiting is not None and waiting.status == LicenceStatus.PENDING:
        return _("We are looking at the new one"), False
    today = now.astimezone(CITY_ZONE).date()
    if member.licence_until is not None and member.licence_until < today:
        return _("Ended on %(day)s: show us a new one", day=day(member.licence_until, year=True)), True
    if member.licence_until is None:
        return _("None that counts: show it to us before you book"), True
    soon = counts is not None and renewable(counts, today, policies_at(now)["licence_warn"].value)
    return _("Counts until %(day)s", day=day(member.licence_until, year=True)), soon
