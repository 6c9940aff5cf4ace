"""A note for the team in a case: the member never sees it."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from experience.cases.change import enter, locked_case, was_done
from experience.cases.models import Act, Case


def write_note(*, case_id: UUID, words: str, by_user_id: int, once: str, seal: Seal, now: datetime) -> Case:
    """Keep the words sealed in the case. Whoever reads a case may note something, also in a colleague's and in a closed one."""
    with transaction():
        case = locked_case(case_id)
        if not was_done(once):
            enter(case, Act.NOTE, now=now, by_user_id=by_user_id, words=words, seal=seal, once=once)
    return case
