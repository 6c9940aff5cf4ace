"""Where a note stands: open, answered (by whatever way) or closed."""

from datetime import datetime

from core.database import transaction
from experience.asks.models import Note, NoteStatus
from experience.desk.note import not_in_other_hands, note_to_change


def set_status(*, note_id: int, by_user_id: int, status: NoteStatus, now: datetime) -> Note:
    """Set the status; answering without words here counts as answered now. Raises InOtherHands."""
    with transaction():
        note = note_to_change(note_id)
        not_in_other_hands(note, by_user_id)
        note.status = str(status)
        if status is NoteStatus.ANSWERED and note.answered_at is None:
            note.answered_at = now
    return note
