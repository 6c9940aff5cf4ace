"""Writing down that somebody of the office opened what is one member's: what they pay, or what we owe them."""

from flask_login import current_user

from core.time import now
from portal.account.looks.models import Opened
from portal.account.looks.note import note_desk_look
from portal.desk.payers import the_payer


def note_look(member_id: int | None) -> None:
    """That whoever is signed in opened it, before it is shown. Nobody's page is no look."""
    note_desk_look(member_id=member_id, by_user_id=current_user.id, opened=Opened.BILL, now=now())


def note_look_at_payer(payer_id: int) -> None:
    """The same of a payer; a business is nobody. Raises NotFound."""
    note_look(the_payer(payer_id).member_id)
