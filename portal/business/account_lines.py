"""The lines of the account page about driving on an account, and about businesses that somebody runs."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.account.lines import Group, Line
from portal.account.models import Member, User
from portal.billing.payers.admins import businesses_of
from portal.billing.payers.on_account import on_account
from portal.billing.statements.queries import payer_of_pages
from portal.business.trips import drivers_of


def driver_lines(member: Member, now: datetime) -> list[Line]:
    """Who drives on whose account, and the businesses that this member runs."""
    account, count = on_account(member.id), len(drivers_of(payer_of_pages(member.id).id, now))
    if account is not None:
        state = _("You drive on the account of %(name)s", name=account.name)
    elif count:
        state = ngettext("One driver besides you", "%(num)d drivers besides you", count)
    else:
        state = _("Nobody but you")
    lines = [Line(Group.MONEY, "user", _("Drivers on your account"), state, "drivers.show")]
    return lines + business_lines(member.user, now)


def business_lines(user: User, _now: datetime) -> list[Line]:
    """The businesses that somebody runs, as a member or not."""
    return [Line(Group.MONEY, "list", one.name or "", _("You help run this account"), "business.overview",
                 {"payer_id": str(one.id)})
            for one in businesses_of(user.id)]
