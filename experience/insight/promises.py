"""How promises were kept: by step, kind and cause in one count each, and the rows behind every number."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select

from core.database import db
from experience.insight.facts import Fact, Row
from experience.insight.surroundings import Surroundings
from experience.insight.wilson import Share, wilson
from experience.insight.window import Window
from experience.promises.kinds import State
from experience.promises.models import Promise
from experience.promises.overdue import ALARMS
from experience.record.models import Identity
from fleet.cars.models import Car
from reservations.booking.models import Reservation


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises by what became of them. `gap` is the mean of actual less expected, where both are known and in one unit."""

    kept: int = 0
    broken: int = 0
    waived: int = 0
    gap: float | None = None
    unit: str | None = None

    @property
    def share(self) -> Share | None:
        """Kept, of those that were kept or broken."""
        return wilson(self.kept, self.kept + self.broken)

    @property
    def n(self) -> int:
        return self.kept + self.broken + self.waived


@dataclass(frozen=True, slots=True)
class SettledBy:
    """Promises settled in a time, counted by a column and by what became of them."""

    column: Any
    window: Window
    step: str | None = None

    def select(self) -> Select[Any]:
        measured = case((Promise.expected.is_not(None) & (Promise.state != State.WAIVED), Promise.actual - Promise.expected))
        query = select(self.column, Promise.state, func.count(), func.sum(measured), func.count(measured),
                       func.min(Promise.unit), func.max(Promise.unit)).where(*self.window.spans(Promise.settled_at))
        if self.step is not None:
            query = query.where(Promise.step == self.step)
        return of_place(query, self.window).group_by(self.column, Promise.state)


def of_place(query: Select[Any], window: Window) -> Select[Any]:
    """With a lot or a class only the promises of its trips."""
    if window.lot_id is None and window.car_class is None:
        return query
    query = query.join(Reservation, Reservation.id == Promise.reservation_id)
    if window.lot_id is not None:
        query = query.where(Reservation.lot_id == window.lot_id)
    if window.car_class is not None:
        query = query.join(Car, Car.id == Reservation.car_id).where(Car.car_class == window.car_class)
    return query


def kept_by(column: Any, window: Window, step: str | None = None) -> dict[str, Kept]:
    """Counts by the values of a column, those that were kept least first."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    gaps: dict[str, list[Any]] = defaultdict(lambda: [0.0, 0, set()])
    for value, state, n, total, measured, unit, other in db.session.execute(SettledBy(column, window, step).select()):
        counts[value or ""][state] += n
        gaps[value or ""][0] += float(total or 0)
        gaps[value or ""][1] += measured
        gaps[value or ""][2] |= {unit, other} - {None}
    found = {}
    for value, by_state in counts.items():
        total, measured, units = gaps[value]
        whole = measured and len(units) == 1
        found[value] = Kept(by_state[State.KEPT], by_state[State.BROKEN], by_state[State.WAIVED],
                            total / measured if whole else None, next(iter(units)) if whole else None)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].share.share if pair[1].share else 2, pair[0])))


def kept_by_step(window: Window) -> dict[str, Kept]:
    """By step; a step without a promise settled in that time is missing."""
    return kept_by(Promise.step, window)


@dataclass(frozen=True, slots=True)
class PromiseFilters:
    """Which promises: by step, kind, cause and state, and by one value of any registered fact."""

    step: str | None = None
    kind: str | None = None
    cause: str | None = None
    state: str | None = None
    by: Fact | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """The ids of promises that fit but for a fact: the last settled first; of open ones past their date the longest overdue."""

    asked: PromiseFilters
    window: Window
    now: datetime

    def select(self) -> Select[Any]:
        if self.asked.state == State.OPEN:
            return self._fitting().order_by(Promise.due_at, Promise.id)
        return self._fitting().order_by(Promise.settled_at.desc(), Promise.id.desc())

    def count(self) -> Select[Any]:
        return select(func.count()).select_from(self._fitting().subquery())

    def _fitting(self) -> Select[Any]:
        query = select(Promise.id, Promise.settled_at, Promise.member_id, Promise.reservation_id)
        if self.asked.state == State.OPEN:
            return _fitting(query.where(_owed(self.now)), self.asked)
        return _fitting(of_place(query.where(*self.window.spans(Promise.settled_at)), self.window), self.asked)


def promise_ids(fitting: Promises, around: Surroundings | None) -> list[UUID]:
    """All that fit, by their fact too: `around` is needed to tell it."""
    by, value = fitting.asked.by, fitting.asked.value
    return [promise_id for promise_id, at, member_id, trip in db.session.execute(fitting.select())
            if by is None or around is None or by.find(Row(member_id, 0.0, at, trip), around) == value]


def _fitting(query: Select[Any], asked: PromiseFilters) -> Select[Any]:
    for name in ("step", "kind", "cause", "state"):
        if (wanted := getattr(asked, name)) is not None:
            query = query.where(getattr(Promise, name) == wanted)
    return query


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise with the random ids of its member and its trip."""

    promise: Promise
    member_pid: UUID | None
    trip_pid: UUID | None
    cause_pid: UUID | None


AT_ONCE = 500  # promises: with their members and trips far from the 32 766 values that a statement may carry


def promise_rows(ids: list[UUID]) -> Iterator[PromiseRow]:
    """These promises in this order: of each 500 one query for them, and one for their random ids."""
    for first in range(0, len(ids), AT_ONCE):
        yield from _promise_rows(ids[first:first + AT_ONCE])


def _promise_rows(ids: list[UUID]) -> Iterator[PromiseRow]:
    found = {promise.id: promise for promise in db.session.scalars(select(Promise).where(Promise.id.in_(ids)))}
    members = {promise.member_id for promise in found.values()}
    trips = {trip for promise in found.values() for trip in (promise.reservation_id, promise.cause_reservation_id) if trip}
    pids = {(kind, ref): pid for kind, ref, pid in db.session.execute(
        select(Identity.kind, Identity.ref, Identity.pid).where(
            ((Identity.kind == "member") & Identity.ref.in_(members)) | ((Identity.kind == "trip") & Identity.ref.in_(trips))))}
    for promise in (found[each] for each in ids if each in found):
        yield PromiseRow(promise, pids.get(("member", promise.member_id)), pids.get(("trip", promise.reservation_id)),
                         pids.get(("trip", promise.cause_reservation_id)))


def overdue(now: datetime) -> int:
    """How many promises are past their date and somebody still owes them; what waits for evidence is in nobody's hands."""
    return db.session.scalar(select(func.count()).select_from(Promise).where(Promise.state == State.OPEN, _owed(now))) or 0


def _owed(now: datetime) -> ColumnElement[bool]:
    return (Promise.due_at <= now) & Promise.kind.in_([kind.value for kind in ALARMS])
