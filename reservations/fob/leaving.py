"""What becomes of a fob when its member leaves: it stands in nobody's way, opens nothing any more, and we ask for it back."""

from datetime import datetime

from flask_babel import gettext as _

from core.database import db
from portal.account.models import Member
from reservations.fob.ask import block
from reservations.fob.models import FobState, FobWhy
from reservations.fob.queries import fob_of


def told_of_fob(member_id: int, _now: datetime) -> list[str]:
    """A reminder, where there is one to bring back."""
    fob = fob_of(member_id)
    if fob is None or fob.state != FobState.ISSUED:
        return []
    return [_("Your fob ending in %(four)s opens nothing from then on. Leave it in the next car that you return, or send it to "
              "us; it costs you nothing if you do not.", four=fob.last_four)]


def let_fob_go(member_id: int, now: datetime) -> None:
    """Block it, or forget the wish for one, within the transaction that ends the membership."""
    fob = fob_of(member_id)
    if fob is None:
        return
    if fob.state == FobState.WANTED:
        fob.state = FobState.WITHDRAWN
    else:
        block(fob, FobWhy.LEFT, by_user_id=db.session.get_one(Member, member_id).user_id, now=now)
