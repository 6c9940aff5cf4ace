"""What stands in the way of erasing somebody: what does in the way of leaving, money that moves, a business that nobody else
runs, and work for us."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.leave.in_the_way import Obstacle, in_the_way
from portal.account.models import STAFF_ROLES, User
from portal.billing.payers.erasing import alone_runs, money_to_settle


def in_the_way_of_erasing(user: User, now: datetime) -> list[Obstacle]:
    """Everything that has to be done first; nothing: it may be asked for."""
    works_here, member = bool(user.roles & STAFF_ROLES), user.member
    ours = [Obstacle(_("You work here, and what you did at work is signed by you."), _("Write to us"), "help.contact")]
    found = [*(ours if works_here else []), *alone_runs(user.id)]
    return found if member is None else [*found, *in_the_way(member.id, now), *money_to_settle(member.id, now)]
