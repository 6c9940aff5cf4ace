"""What a note is about, in one word of a closed list."""

from core.database import transaction
from experience.asks.models import Note, Tag
from experience.desk.note import note_to_change


def tag_note(*, note_id: int, tag: Tag | None) -> Note:
    """Set or clear the tag; whoever reads a note may do that."""
    with transaction():
        note = note_to_change(note_id)
        note.tag = str(tag) if tag else None
    return note
