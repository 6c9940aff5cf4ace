"""An answer to the member, through the conversation they can go on in."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from experience.cases.change import case_to_change, enter, the_case, was_done
from experience.cases.clock import close_by, look_again_at
from experience.cases.conversation import say_to_member
from experience.cases.models import Act, Case, State


def reply(*, case_id: UUID, words: str, waits: bool, by_user_id: int, seen: int, once: str, seal: Seal,
          now: datetime, seen_entry: int | None = None) -> Case:
    """Say something to the member. With `waits` the next word is theirs, and the clock says when we look again.

    `seen_entry` is the newest entry of the conversation that the writer had before them. The same form posted again
    changes nothing. Raises as case_to_change(), and WroteMeanwhile.
    """
    with transaction():
        if was_done(once):
            return the_case(case_id)
        case = case_to_change(case_id, by_user_id=by_user_id, seen=seen)
        say_to_member(case, words, by_user_id, seen_entry, once, seal, now)
        case.first_reply_at = case.first_reply_at or now
        case.state = State.WAITING if waits else State.OPEN
        case.due_at, case.alarmed_at = look_again_at(now) if waits else close_by(case, now), None
        enter(case, Act.REPLY, now=now, by_user_id=by_user_id, once=once,
              facts={"conversation_id": str(case.conversation_id), "waits": waits})
    return case
