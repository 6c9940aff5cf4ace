"""A promise that a colleague makes in a case: dated, owned, and alarmed by the ledger of promises."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.sealed import Seal
from experience.cases.change import case_to_change, enter, was_done
from experience.cases.models import Act
from experience.promises.by_hand import promise_by_hand
from experience.promises.models import Promise


def promise_in_case(*, case_id: UUID, words: str, due_at: datetime, by_user_id: int, seen: int, once: str, seal: Seal,
                    now: datetime) -> Promise:
    """Promise the member something until a moment; they see it among our promises. The same form promises it once.

    Raises DateHasPassed, and as case_to_change().
    """
    with transaction():
        key = f"case-{once}"
        if was_done(once):
            return db.session.scalars(select(Promise).where(Promise.once == key)).one()
        case = case_to_change(case_id, by_user_id=by_user_id, seen=seen)
        promise = promise_by_hand(
            member_id=case.member_id, words=words, due_at=due_at, by_user_id=by_user_id, owner_id=by_user_id,
            reservation_id=case.reservation_id, seal=seal, now=now, once=key)
        enter(case, Act.PROMISE, now=now, by_user_id=by_user_id, once=once, facts={"promise_id": str(promise.id)})
    return promise
