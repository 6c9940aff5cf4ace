"""The team writes back to a member."""

from datetime import datetime

from core.database import db, transaction
from core.outbox import post
from core.sealed import Seal
from experience.asks.models import NoteReply, NoteStatus
from experience.desk.errors import NobodyToAnswer
from experience.desk.note import not_in_other_hands, note_to_change


def reply(*, note_id: int, by_user_id: int, words: str, seal: Seal, now: datetime) -> NoteReply:
    """Keep the words sealed, mark the note answered and mine, and post them to the member.

    Raises NobodyToAnswer for a visitor's note and InOtherHands when a colleague owns it: of two who write at the
    same time the second is told.
    """
    with transaction():
        note = note_to_change(note_id)
        if note.member_id is None:
            raise NobodyToAnswer(note_id=note_id)
        not_in_other_hands(note, by_user_id)
        answer = NoteReply(note_id=note_id, by_user_id=by_user_id, at=now, words_sealed=seal.close_words(words))
        note.owner_id, note.status = by_user_id, str(NoteStatus.ANSWERED)
        note.answered_at = note.answered_at or now
        db.session.add(answer)
        db.session.flush()
        post("note_reply", member_id=note.member_id, once=f"note_reply:{answer.id}", note_id=note_id,
             reply_id=answer.id)
    return answer
