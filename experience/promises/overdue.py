"""The clock's part: what nobody kept by its date is broken, and who owes it is alarmed, once."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from core.database import db, transaction
from core.outbox import post
from experience.promises.kinds import KINDS, Outcome, PromiseKind, State
from experience.promises.models import Promise
from experience.promises.queries import Overdue
from experience.promises.settle import open_case, settle_one

BATCH = 200
BY_CLOCK = tuple(kind for kind, declared in KINDS.items() if declared.broken_when_late is not None)
# A person owes these, so a person is alarmed; letters and cars are settled by what happened.
ALARMS = (PromiseKind.BY_HAND, PromiseKind.DISPUTE, PromiseKind.REFUND, PromiseKind.ANSWER, PromiseKind.DECISION,
          PromiseKind.DATA)


def watch_dates(now: datetime) -> int:
    """Alarm whoever owes a promise that is past its date, and break those that only a date decides; returns how many.

    Called again it changes nothing: the alarm is marked, and a settled promise stays as it is.
    """
    return _alarm(now) + _break(now)


def _alarm(now: datetime) -> int:
    late = Overdue(now, ALARMS).select().where(Promise.alarmed_at.is_(None)).limit(BATCH)
    if not db.session.execute(late.limit(1)).first():
        return 0  # nothing to alarm takes no write lock
    alarmed = 0
    with transaction():
        for promise in db.session.scalars(late.with_for_update(skip_locked=True)).all():
            promise.alarmed_at = now
            alarmed += 1
            open_case(promise, "promise_overdue", now)
            post("promise_overdue", due=now, once=f"promise_overdue-{promise.id}", promise_id=str(promise.id))
    return alarmed


def _break(now: datetime) -> int:
    """Those past their date and its patience. A promise that is settled meanwhile keeps what it was settled as."""
    ripe = [and_(Promise.kind == kind.value, Promise.due_at <= now - KINDS[kind].patience) for kind in BY_CLOCK]
    due = db.session.execute(
        select(Promise.id, Promise.kind).where(Promise.state == State.OPEN.value, or_(*ripe)).limit(BATCH)).all()
    broken = [settle_one(promise_id=promise_id, outcome=Outcome.BROKEN, at=now, evidence={"by": "clock"},
                         cause=KINDS[PromiseKind(kind)].broken_when_late) for promise_id, kind in due]
    return len([promise for promise in broken if promise is not None])
