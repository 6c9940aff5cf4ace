"""One note, loaded for a change: the row is locked and fresh, and in nobody else's hands."""

from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from experience.asks.models import Note
from experience.desk.errors import InOtherHands
from portal.account.models import User


def note_to_change(note_id: int) -> Note:
    """The note, locked until the open transaction ends. Raises NotFound."""
    note = db.session.scalar(select(Note).where(Note.id == note_id).with_for_update())
    if note is None:
        raise NotFound(note_id=note_id)
    return note


def not_in_other_hands(note: Note, by_user_id: int) -> None:
    """Raise InOtherHands when somebody else owns the note."""
    if note.owner_id not in (None, by_user_id):
        raise in_other_hands(note.owner_id)


def in_other_hands(owner_id: int) -> InOtherHands:
    """The refusal that names who looks after the note."""
    return InOtherHands(owner_id, db.session.get_one(User, owner_id).name.split()[0])
