"""Letters that were promised: a mail that went keeps its promise, or breaks it when it went too late."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.journey import Step
from experience.promises.kinds import KINDS, Cause, Outcome, PromiseKind, State
from experience.promises.models import Promise
from experience.promises.settle import settle
from portal.web.say import CITY_ZONE

LETTERS = {KINDS[kind].step: kind for kind in (PromiseKind.CONFIRMATION, PromiseKind.REMINDER, PromiseKind.RECEIPT)}


def letter_went(step: Step, facts: Mapping[str, Any], since: datetime, at: datetime) -> Promise | None:
    """Settle what this letter keeps, which was due to go from `since` on; within the open transaction. A letter about
    several trips keeps the promise of each, and the last one speaks for all of them.
    """
    if step is Step.BOOK_WAITLIST:
        return _told_of_free_car(facts["wait_id"], since, at)
    if step is Step.STAY_RENEWAL:
        return _told_of_end(facts["licence_id"], date.fromisoformat(facts["ends_on"]), since, at)
    trips = facts.get("reservation_ids") or [facts.get("reservation_id")]
    return [_of_trip(step, trip, since, at) for trip in trips][-1]


def _told_of_free_car(wait_id: str, since: datetime, at: datetime) -> Promise | None:
    took = round((at - since).total_seconds(), 1)
    in_time = took <= (KINDS[PromiseKind.TOLD_FREE].expected or 0)
    return settle(kind=PromiseKind.TOLD_FREE, outcome=Outcome.KEPT if in_time else Outcome.BROKEN, at=at,
                  subject=f"wait:{wait_id}", actual=took, cause=None if in_time else Cause.MAIL,
                  evidence={"since": since.isoformat()})


def _told_of_end(licence_id: str, ends_on: date, since: datetime, at: datetime) -> Promise | None:
    ahead = (ends_on - at.astimezone(CITY_ZONE).date()).days
    in_time = ahead >= (KINDS[PromiseKind.RENEWAL].expected or 0)
    return settle(kind=PromiseKind.RENEWAL, outcome=Outcome.KEPT if in_time else Outcome.BROKEN, at=at,
                  subject=f"licence:{licence_id}", actual=ahead, cause=None if in_time else Cause.MAIL,
                  evidence={"since": since.isoformat()})


def _of_trip(step: Step, reservation_id: int | None, since: datetime, at: datetime) -> Promise | None:
    kind = LETTERS.get(step)
    if kind is None or reservation_id is None:
        return None
    if kind is PromiseKind.REMINDER:
        due = db.session.scalar(select(Promise.due_at).where(
            Promise.reservation_id == reservation_id, Promise.kind == kind.value, Promise.state == State.OPEN.value))
        took, in_time = 0.0, due is not None and at <= due
        if due is not None:
            took = round((due - at).total_seconds() / 60, 1)  # minutes ahead of the trip
    else:
        took = round((at - since).total_seconds(), 1)
        in_time = took <= (KINDS[kind].expected or 0)
    return settle(kind=kind, outcome=Outcome.KEPT if in_time else Outcome.BROKEN, at=at, reservation_id=reservation_id,
                  actual=took, cause=None if in_time else Cause.MAIL, evidence={"since": since.isoformat()})
