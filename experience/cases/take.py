"""Who looks after a case."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from experience.cases.change import enter, in_other_hands, locked_case, of_the_team
from experience.cases.errors import AlreadyClosed
from experience.cases.models import Act, Case, State
from experience.cases.who import see_who


def take(*, case_id: UUID, by_user_id: int, instead_of: int | None = None, seal: Seal, now: datetime) -> Case:
    """Look after the case from now on, and see whose it is; `instead_of` is the owner that was seen.

    Raises InOtherHands when that is no longer the owner, AlreadyClosed, and NobodyToOwn.
    """
    with transaction():
        case = locked_case(case_id)
        of_the_team(by_user_id)
        if case.owner_id == by_user_id:
            return case
        if case.owner_id is not None and case.owner_id != instead_of:
            raise in_other_hands(case.owner_id)
        if case.state == State.CLOSED:
            raise AlreadyClosed()
        _give(case, by_user_id)
        see_who(case, by_user_id, seal, now)
        enter(case, Act.TAKEN, now=now, by_user_id=by_user_id)
    return case


def hand_over(*, case_id: UUID, to_user_id: int, by_user_id: int, seal: Seal, now: datetime) -> Case:
    """Let a colleague look after the case. Raises AlreadyClosed and NobodyToOwn."""
    with transaction():
        case = locked_case(case_id)
        of_the_team(to_user_id)
        if case.state == State.CLOSED:
            raise AlreadyClosed()
        if case.owner_id != to_user_id:
            _give(case, to_user_id)
            see_who(case, to_user_id, seal, now)
            enter(case, Act.HANDED_OVER, now=now, by_user_id=by_user_id, facts={"to_user_id": to_user_id})
    return case


def _give(case: Case, user_id: int) -> None:
    """It is theirs, and who is alarmed when it is late is them."""
    case.owner_id, case.alarmed_at = user_id, None
    if case.state == State.NEW:
        case.state = State.OPEN
