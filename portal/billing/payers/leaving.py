"""Money that stands in the way of leaving: what the member owes themselves."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from portal.account.leave.in_the_way import Obstacle
from portal.billing.payers.models import Payer
from portal.web import say


def money_in_the_way(member_id: int, _now: datetime) -> list[Obstacle]:
    """What is open."""
    payer = db.session.scalar(select(Payer).where(Payer.member_id == member_id))
    if payer is None or payer.owed_cents <= 0:
        return []
    return [Obstacle(_("%(amount)s is open on your account.", amount=say.money(payer.owed)), _("See and pay it"),
                     "cards.payments")]
