"""The timer that reads the event log for severe and repeated failures, and has a case opened for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, select

from core.database import db, transaction
from core.ids import uuid7_at
from core.outbox import post
from experience.cases.models import CaseWatch, Rule
from experience.cases.rules import A_DAY, DONE_TO_OTHERS, FAILURES, OWN_DOING, Failure
from experience.journey import Phase
from experience.record.models import Event, Identity

WATCH = "failures"
PATIENCE = timedelta(hours=1)  # what may come right by itself is judged when it is this old
MARGIN = PATIENCE + timedelta(minutes=15)  # an event is committed this long after its id was drawn, at the latest
FIRST_LOOK = timedelta(days=2)  # how far the first look ever goes back


@dataclass(frozen=True, slots=True)
class _Bad:
    """One event that a failure may count."""

    id: UUID
    at: datetime
    step: str
    phase: str
    code: str | None
    member_pid: UUID
    journey_id: str | None


def find_failures(now: datetime) -> int:
    """Post a case for each declared failure that the events since the last look have completed; returns how many hits.

    Looked at twice, or cut off in between, nothing is lost and nothing opened twice: each hit has a name of its own.
    """
    newest = db.session.scalar(select(Event.id).order_by(Event.id.desc()).limit(1))
    watch = db.session.get(CaseWatch, WATCH, populate_existing=True)
    until = _drawn_at(newest) if newest is not None else now
    if newest is None or (watch is not None and watch.seen_until >= until and now > until + MARGIN):
        return 0  # nothing new, and nothing that is still to be judged
    fresh = list(_bad(watch.seen_until - MARGIN if watch is not None else until - FIRST_LOOK))
    hits: dict[str, tuple[Failure, _Bad]] = {}
    for failure in FAILURES:
        for name, hit in _hits(failure, fresh, now):
            hits.setdefault(name, hit)  # the event that completed it; those after it say nothing new
    if not hits and watch is not None and watch.seen_until >= until:
        return 0  # nothing new takes no write lock
    with transaction():
        for name, (failure, last) in hits.items():
            _post(failure, last, name, now)
        db.session.merge(CaseWatch(name=WATCH, seen_until=until))
    return len(hits)


def _drawn_at(event_id: UUID) -> datetime:
    """The moment inside a UUIDv7: the log is walked by its ids, whatever clock drew them."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


def counts(failure: Failure, step: str, phase: str, code: str | None) -> bool:
    """Whether an event counts for a failure."""
    return (step in failure.steps and phase in failure.phases and (code or "") not in OWN_DOING
            and not (code or "").startswith(DONE_TO_OTHERS) and (not failure.codes or code in failure.codes))


_STEPS = [str(step) for step in {step for failure in FAILURES for step in failure.steps}]
_COLUMNS = (Event.id, Event.time, Event.step, Event.phase, Event.error_code, Event.member_pid, Event.journey_id)


def _failing() -> list[object]:
    return [Event.step.in_(_STEPS), Event.phase.in_((Phase.FAILED, Phase.REFUSED, Phase.ABANDONED)),
            Event.member_pid.is_not(None)]


def _bad(since: datetime) -> Iterable[_Bad]:
    """What may count, of the events whose ids were drawn since a moment."""
    found = db.session.execute(select(*_COLUMNS).where(Event.id > uuid7_at(since), *_failing()).order_by(Event.id))
    return (_Bad(*row) for row in found)


def _hits(failure: Failure, fresh: list[_Bad], now: datetime) -> Iterable[tuple[str, tuple[Failure, _Bad]]]:
    """The hits that the fresh events complete, by a name that stays the same."""
    for bad in fresh:
        if not counts(failure, bad.step, bad.phase, bad.code) or (failure.on_trip and bad.journey_id is None):
            continue
        if failure.ended_by and bad.at > now - PATIENCE:
            continue  # it may come right yet: a look after that still sees it
        if _how_many(failure, bad) >= failure.count and not _came_right(failure, bad):
            place = bad.journey_id if failure.on_trip else f"{bad.member_pid.hex}/{bad.at:%Y-%m-%d}"
            yield f"{place}/{failure.name}", (failure, bad)


def _same(failure: Failure, bad: _Bad) -> Select[tuple[str, str, str | None]]:
    """The events that count together with this one, it included."""
    if failure.on_trip:
        around = and_(Event.journey_id == bad.journey_id, Event.time <= bad.at)
    else:
        around = and_(Event.member_pid == bad.member_pid, Event.time > bad.at - A_DAY, Event.time <= bad.at)
    return select(Event.step, Event.phase, Event.error_code).where(
        around, Event.step.in_([str(step) for step in failure.steps]), Event.phase.in_(failure.phases))


def _how_many(failure: Failure, bad: _Bad) -> int:
    if failure.count == 1:
        return 1
    return sum(counts(failure, *row) for row in db.session.execute(_same(failure, bad)))


def _came_right(failure: Failure, bad: _Bad) -> bool:
    """Whether the member came through after all, within the hour after it. What went well before it says nothing."""
    if not failure.ended_by:
        return False
    return db.session.scalar(select(Event.id).where(
        Event.member_pid == bad.member_pid, Event.step.in_([str(step) for step in failure.ended_by]),
        Event.phase == Phase.SUCCEEDED, Event.time > bad.at, Event.time <= bad.at + PATIENCE).limit(1)) is not None


def _post(failure: Failure, bad: _Bad, name: str, now: datetime) -> None:
    member_id = db.session.scalar(select(Identity.ref).where(Identity.kind == "member", Identity.pid == bad.member_pid))
    if member_id is None:
        return  # erased meanwhile: nobody's events
    post("open_case", member_id=member_id, due=min(bad.at, now), once=f"case-failed-{name}", rule=str(Rule.FAILED),
         step=bad.step, severity=str(failure.severity), reservation_id=_trip(bad.journey_id), about=f"failure:{name}")


def _trip(journey_id: str | None) -> int | None:
    """The trip that a journey is of; none for a visit that became none."""
    try:
        pid = UUID(journey_id or "")
    except ValueError:
        return None
    found: int | None = db.session.scalar(select(Identity.ref).where(Identity.kind == "trip", Identity.pid == pid))
    return found
