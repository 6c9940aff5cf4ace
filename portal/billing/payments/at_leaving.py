"""Money when somebody leaves: what we owe them goes back to their card, and credit is kept until its own end.

Credit was given and never paid for, so it is not paid out; it is theirs again when they come back in time.
"""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from portal.billing.credits.queries import usable
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.send_back import send_back
from portal.web import say


def money_at_leaving(member_id: int, now: datetime) -> list[str]:
    """What becomes of each credit that is left, and of what we owe."""
    payer = _own(member_id)
    if payer is None:
        return []
    owed = [_("We owe you %(amount)s: it goes back to the card that it came from.", amount=say.money(-payer.owed))]
    return [*(owed if payer.owed_cents < 0 else []),
            *(_("You have %(amount)s of credit. It is not paid out, because nobody paid for it; come back until %(day)s and it "
                "is there.", amount=say.money(credit.left), day=say.day(credit.ends_at, year=True))
              for credit in usable(payer.id, now))]


def send_owed_back(member_id: int, now: datetime) -> None:
    """Send what we owe back, within the open transaction. What no payment of theirs covers stays on their balance."""
    payer = _own(member_id)
    if payer is not None and locked(payer.id).owed_cents < 0:
        send_back(payer, "left", f"left-{member_id}-{now.isoformat()}", now)


def _own(member_id: int) -> Payer | None:
    found: Payer | None = db.session.scalar(select(Payer).where(Payer.member_id == member_id))
    return found
