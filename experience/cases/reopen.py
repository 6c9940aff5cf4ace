"""A closed case is opened again: by hand, or by the member's own new word."""

from datetime import datetime, timedelta
from uuid import UUID

from core.database import transaction
from core.sealed import Seal
from experience.cases.change import locked_case
from experience.cases.errors import AnotherIsOpen, NotClosed, TooOldToReopen
from experience.cases.models import Case, State
from experience.cases.open import open_again, open_case_of
from experience.cases.who import see_who
from fleet.tariffs.in_force import policies_at


def reopen(*, case_id: UUID, by_user_id: int, seal: Seal, now: datetime) -> Case:
    """Open the case again, within the days of policy `case_reopen`; who does it looks after it.

    Raises NotClosed, TooOldToReopen, and AnotherIsOpen when there is one about the same already.
    """
    with transaction():
        case = locked_case(case_id)
        if case.state != State.CLOSED:
            raise NotClosed()
        if not may_reopen(case, now):
            raise TooOldToReopen()
        another = open_case_of(case.member_id, case.reservation_id)
        if another is not None:
            raise AnotherIsOpen(case_id=str(another.id))
        if case.owner_id != by_user_id:
            case.owner_id = by_user_id
            see_who(case, by_user_id, seal, now)
        open_again(case, now, by_user_id)
    return case


def may_reopen(case: Case, now: datetime) -> bool:
    """Whether a closed case is young enough to be opened again."""
    return (case.closed_at is not None
            and now - case.closed_at <= timedelta(days=policies_at(now)["case_reopen"].value))
