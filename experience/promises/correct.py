"""Correcting: what counted as kept turns out to have been broken, by a fact that only came later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.database import db, transaction
from experience.promises.kinds import Cause, PromiseKind, State
from experience.promises.models import Promise, PromiseCorrection


def correct(*, kind: PromiseKind, reservation_id: int, cause: Cause, about: str, at: datetime,
            evidence: Mapping[str, Any]) -> Promise | None:
    """Have the promise of a trip that was settled as kept count as broken; None when there is none.

    The correction is a row of its own, beside what it was settled by then; one for a promise. No remedy follows: what
    showed it has given its own.
    """
    with transaction():
        promise = db.session.scalar(select(Promise).where(
            Promise.kind == kind.value, Promise.reservation_id == reservation_id, Promise.subject.is_(None),
            Promise.state == State.KEPT.value).with_for_update().execution_options(populate_existing=True))
        if promise is None:
            return None
        db.session.add(PromiseCorrection(promise_id=promise.id, at=at, about=about, evidence=dict(evidence)))
        db.session.flush()
        db.session.execute(update(Promise).where(Promise.id == promise.id).values(
            state=State.BROKEN.value, cause=cause.value))
        db.session.refresh(promise)
    return promise
