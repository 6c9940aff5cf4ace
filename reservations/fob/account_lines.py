"""The lines of the account page about the fob."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member
from reservations.fob.models import FobState
from reservations.fob.queries import fob_of


def fob_lines(member: Member, _now: datetime) -> list[Line]:
    """Whether they have one."""
    fob = fob_of(member.id)
    if fob is None:
        state = _("None: your phone opens the car")
    elif fob.state == FobState.WANTED:
        state = _("Asked for: we write when it is ready")
    else:
        state = _("Ends in %(four)s", four=fob.last_four)
    return [Line(Group.TRIPS, "key", _("Fob"), state, "fob.show")]
