"""The lines of the account page about the plan."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member, MemberStatus
from portal.account.plans.ahead import change_ahead_of, pause_of
from portal.billing.words import plan_name
from portal.web.say import day


def plan_lines(member: Member, _now: datetime) -> list[Line]:
    """Which plan, since when, and whether it changes or pauses; for visitors and applicants, what the plans cost."""
    if member.status not in (MemberStatus.ACTIVE, MemberStatus.PAUSED):
        return [Line(Group.MEMBERSHIP, "star", _("Plans"), _("What each costs"), "site.pricing")]
    since = _("%(plan)s, a member since %(day)s", plan=plan_name(member.plan), day=day(member.joined_at, year=True))
    if (pause := pause_of(member.id)) is not None:
        since = _("Paused until %(day)s", day=day(pause.until, year=True))
    elif (ahead := change_ahead_of(member.id)) is not None:
        since = _("%(plan)s, from %(day)s on %(next)s", plan=plan_name(member.plan), day=day(ahead.counts_from),
                  next=plan_name(ahead.to_plan))
    return [Line(Group.MEMBERSHIP, "star", _("Plan and pause"), since, "membership.show")]
