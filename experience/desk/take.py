"""Someone of the team takes a note on."""

from core.database import transaction
from experience.asks.models import Note, NoteStatus
from experience.desk.note import in_other_hands, note_to_change


def take(*, note_id: int, by_user_id: int, instead_of: int | None = None) -> Note:
    """Make the note mine; `instead_of` is the owner I saw. Raises InOtherHands when that is no longer the owner."""
    with transaction():
        note = note_to_change(note_id)
        if note.owner_id is not None and note.owner_id not in (instead_of, by_user_id):
            raise in_other_hands(note.owner_id)
        note.owner_id = by_user_id
        if note.status == NoteStatus.NEW:
            note.status = str(NoteStatus.OPEN)
    return note
