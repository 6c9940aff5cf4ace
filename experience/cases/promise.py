"""A promise that a colleague makes in a case, and what became of it: dated, owned, and alarmed by the ledger of promises."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.refusal import NotFound
from core.sealed import Seal
from experience.cases.change import case_to_change, enter, the_case, was_done
from experience.cases.models import Act, Case
from experience.promises.by_hand import promise_by_hand, settle_by_hand
from experience.promises.kinds import PromiseKind, State
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


def open_promises(case: Case) -> list[Promise]:
    """What we have promised this member by hand and nobody has settled, the most pressing first."""
    return list(db.session.scalars(
        select(Promise).where(Promise.member_id == case.member_id, Promise.kind == PromiseKind.BY_HAND.value,
                              Promise.state == State.OPEN.value).order_by(Promise.due_at, Promise.id).limit(10)))


def settle_in_case(*, case_id: UUID, promise_id: UUID, kept: bool, evidence: str, told: str, by_user_id: int, seal: Seal,
                   now: datetime) -> Promise:
    """Say what became of a promise to the case's member. Raises NotFound for another member's, and as settle_by_hand()."""
    with transaction():
        promise = db.session.get(Promise, promise_id)
        if promise is None or promise.member_id != the_case(case_id).member_id:
            raise NotFound(promise_id=promise_id)
        return settle_by_hand(promise_id=promise_id, kept=kept, evidence=evidence, told=told, by_user_id=by_user_id, now=now,
                              seal=seal)
