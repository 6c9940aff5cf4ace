"""Money that stands in the way of leaving: what the member owes themselves, and drivers whom they pay for."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from portal.account.leave.in_the_way import Obstacle
from portal.billing.payers.models import Payer, PayerDriver
from portal.web import say


def money_in_the_way(member_id: int, _now: datetime) -> list[Obstacle]:
    """What is open."""
    payer = db.session.scalar(select(Payer).where(Payer.member_id == member_id))
    if payer is None:
        return []
    found = []
    if payer.owed_cents > 0:
        found.append(Obstacle(_("%(amount)s is open on your account.", amount=say.money(payer.owed)), _("See and pay it"),
                              "cards.payments"))
    if db.session.scalar(select(PayerDriver.member_id).where(PayerDriver.payer_id == payer.id).limit(1)) is not None:
        found.append(Obstacle(_("Others drive on your account."), _("Let them pay for themselves"), "drivers.show"))
    return found
