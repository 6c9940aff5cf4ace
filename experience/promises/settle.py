"""Settling: evidence makes a promise kept, broken or waived; the first settlement stands."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, bindparam, select, update

from core.database import UtcDateTime, db, transaction
from core.outbox import post
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind, State
from experience.promises.models import Promise

_t = Promise.__table__
_VALUES = {
    "state": bindparam("to_state"), "settled_at": bindparam("to_at", type_=UtcDateTime()), "actual": bindparam("to_actual"),
    "cause": bindparam("to_cause"), "cause_reservation_id": bindparam("to_cause_trip"),
    "evidence": bindparam("to_evidence", type_=JSON()),
}
# Built once: a trip settles about ten. Whoever comes second finds nothing that is open.
_OPEN = update(_t).where(_t.c.state == State.OPEN.value).values(_VALUES).returning(_t.c.id)
_OF_TRIP = _OPEN.where(_t.c.kind == bindparam("of_kind"), _t.c.reservation_id == bindparam("of_trip"), _t.c.subject.is_(None))
_OF_SUBJECT = _OPEN.where(_t.c.kind == bindparam("of_kind"), _t.c.subject == bindparam("of_subject"))
_BY_ID = _OPEN.where(_t.c.id == bindparam("of_id"))


def settle(*, kind: PromiseKind, outcome: Outcome, at: datetime, reservation_id: int | None = None,
           subject: str | None = None, actual: float | None = None, cause: Cause | None = None,
           cause_reservation_id: int | None = None, evidence: Mapping[str, Any]) -> Promise | None:
    """Settle the open promise of this kind of a subject, or else of a trip; the first settlement wins.

    None when nothing of it is open. One that is kept has no cause, the others must name theirs. A broken promise has
    its published remedy paid (job `remedy`), and a severe one opens a case (job `open_case`), after this commit.
    """
    assert reservation_id is not None or subject is not None, "a promise is about a trip or a subject"
    which = {"of_kind": kind.value} | ({"of_subject": subject} if subject is not None else {"of_trip": reservation_id})
    return _settle(_OF_SUBJECT if subject is not None else _OF_TRIP, which, outcome, at, actual, cause, cause_reservation_id,
                   evidence)


def settle_one(*, promise_id: UUID, outcome: Outcome, at: datetime, actual: float | None = None, cause: Cause | None = None,
               cause_reservation_id: int | None = None, evidence: Mapping[str, Any]) -> Promise | None:
    """Settle this promise, if it is still open."""
    return _settle(_BY_ID, {"of_id": promise_id}, outcome, at, actual, cause, cause_reservation_id, evidence)


def waive_rest(*, reservation_id: int, cause: Cause, at: datetime, evidence: Mapping[str, Any],
               but: Collection[PromiseKind] = ()) -> None:
    """Waive what is still open of a trip, but for the kinds that go on without it."""
    with transaction():
        still = _t.c.reservation_id == reservation_id, _t.c.state == State.OPEN.value, _t.c.subject.is_(None)
        db.session.connection().execute(
            update(_t).where(*still, _t.c.kind.not_in([kind.value for kind in but])).values(
                state=State.WAIVED.value, settled_at=at, cause=cause.value, evidence=dict(evidence)))


def waive_all(*, member_id: int, at: datetime, but: str = "") -> None:
    """Waive all that is open of a member who goes away, but for what is promised about this subject."""
    with transaction():
        db.session.connection().execute(
            update(_t).where(_t.c.member_id == member_id, _t.c.state == State.OPEN.value,
                             _t.c.subject.is_distinct_from(but)).values(
                state=State.WAIVED.value, settled_at=at, cause=Cause.MEMBER.value, evidence={}))


def is_open(kind: PromiseKind, reservation_id: int) -> bool:
    """Whether this promise of the trip waits for its evidence."""
    return db.session.scalar(select(_t.c.id).where(
        _t.c.reservation_id == reservation_id, _t.c.kind == kind.value, _t.c.state == State.OPEN.value,
        _t.c.subject.is_(None))) is not None


def _settle(statement: Any, which: Mapping[str, Any], outcome: Outcome, at: datetime, actual: float | None, cause: Cause | None,
            cause_reservation_id: int | None, evidence: Mapping[str, Any]) -> Promise | None:
    with transaction():
        found = db.session.connection().execute(statement, {
            **which, "to_state": State(outcome).value, "to_at": at, "to_actual": actual,
            "to_cause": cause.value if cause else None, "to_cause_trip": cause_reservation_id, "to_evidence": dict(evidence),
        }).scalar()
        if found is None:
            return None
        promise = db.session.get_one(Promise, found, populate_existing=True)
        if outcome is Outcome.BROKEN:
            _follow(promise, at)
    return promise


def _follow(promise: Promise, at: datetime) -> None:
    declared = KINDS[PromiseKind(promise.kind)]
    if declared.remedy is not None:
        post("remedy", member_id=promise.member_id, due=at, once=f"remedy-{promise.id}", promise_id=str(promise.id),
             **({"reservation_id": promise.reservation_id} if promise.reservation_id else {}))
    if declared.severe:
        open_case(promise, "broken_promise", at)
    if promise.kind == PromiseKind.BY_HAND:  # one of us has given their word, so somebody says that it was not kept
        post("promise_broken", member_id=promise.member_id, due=at, once=f"promise_broken-{promise.id}",
             promise_id=str(promise.id))


def open_case(promise: Promise, rule: str, at: datetime) -> None:
    """Have somebody look after the member: once for each rule and promise."""
    post("open_case", member_id=promise.member_id, due=at, once=f"case-{rule}-{promise.id}", rule=rule, step=promise.step,
         reservation_id=promise.reservation_id, about=f"promise:{promise.id}")
