"""What one of us promises a member in person: dated, owned, and kept or broken by somebody's word with its evidence."""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from core.database import db, take_turns, transaction
from core.ids import new_id
from core.refusal import NotFound, Refusal
from core.sealed import Seal
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind, State
from experience.promises.models import Promise
from experience.promises.settle import settle_one


class DateHasPassed(Refusal):
    code, status = "promise_date_passed", 422
    says = _l("That moment has passed already.")
    remedy = _l("Promise a moment that is still to come.")


class AlreadySettled(Refusal):
    code, status = "promise_settled", 409
    says = _l("This promise was settled already.")
    remedy = _l("Look at what became of it. What was settled stays as it is.")


class ReasonMissing(Refusal):
    """What was not done, or too late, is told to the member with its reason."""

    code, status = "promise_reason_missing", 422
    says = _l("This counts as broken, and the member is told why.")
    remedy = _l("Write what the member reads: what came in between, and what you do about it.")


def promise_by_hand(*, member_id: int, words: str, due_at: datetime, by_user_id: int, owner_id: int,
                    reservation_id: int | None = None, subject: str | None = None, seal: Seal, now: datetime,
                    once: str | None = None) -> Promise:
    """Write down what a person promised, in their words, sealed. Raises DateHasPassed.

    The same `once` gives the same promise, however often its form is posted.
    """
    with transaction():
        take_turns(f"promises to {member_id}")
        again = db.session.scalar(select(Promise).where(Promise.once == once)) if once else None
        if again is not None:
            return again
        if due_at <= now:
            raise DateHasPassed()
        promise = Promise(
            id=new_id(), kind=PromiseKind.BY_HAND, step=str(KINDS[PromiseKind.BY_HAND].step), member_id=member_id,
            reservation_id=reservation_id, subject=subject or f"hand:{new_id()}", minted_at=now, due_at=due_at,
            state=State.OPEN, evidence={}, by_user_id=by_user_id, owner_id=owner_id,
            words_sealed=seal.close_words(words), once=once)
        db.session.add(promise)
        db.session.flush()
    return promise


def hand_over(*, promise_id: UUID, to_user_id: int) -> Promise:
    """Somebody else looks after a promise from now on. Raises NotFound and AlreadySettled."""
    with transaction():
        promise = _open_one(promise_id)
        promise.owner_id = to_user_id
    return promise


def give_owner(subject: str, kind: PromiseKind, user_id: int) -> None:
    """Somebody takes what a promise is about: it is theirs to keep, and they are alarmed when they do not."""
    with transaction():
        db.session.execute(update(Promise).where(
            Promise.subject == subject, Promise.kind == kind.value, Promise.state == State.OPEN.value).values(owner_id=user_id))


def settle_by_hand(*, promise_id: UUID, kept: bool, evidence: str, told: str = "", by_user_id: int, now: datetime,
                   seal: Seal) -> Promise:
    """Say that a promise was kept or broken, what shows it, for colleagues, and what the member reads of it; both sealed.

    What is said to be kept after its date was broken: the date is part of the promise. Raises NotFound, AlreadySettled, and
    ReasonMissing when it is broken and the member would not hear why.
    """
    with transaction():
        promise = _open_one(promise_id)
        in_time = promise.due_at is not None and now <= promise.due_at
        outcome = Outcome.KEPT if kept and in_time else Outcome.BROKEN
        if outcome is Outcome.BROKEN and not told:
            raise ReasonMissing()
        settled = settle_one(
            promise_id=promise_id, outcome=outcome, at=now, cause=None if outcome is Outcome.KEPT else Cause.STAFF,
            evidence={"by_user_id": by_user_id, "done": kept, "words_sealed": seal.close_words(evidence)}
            | ({"told_sealed": seal.close_words(told)} if told else {}))
        if settled is None:
            raise AlreadySettled()
    return settled


def _open_one(promise_id: UUID) -> Promise:
    promise = db.session.get(Promise, promise_id, with_for_update=True, populate_existing=True)
    if promise is None or promise.kind != PromiseKind.BY_HAND:
        raise NotFound()
    if promise.state != State.OPEN:
        raise AlreadySettled()
    return promise
