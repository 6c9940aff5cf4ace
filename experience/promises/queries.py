"""What is asked of the ledger of promises: a member's, a trip's, those past their date, and how many were kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from core.database import db
from experience.promises.kinds import KINDS, PromiseKind, State
from experience.promises.models import Promise

MOST = 200


@dataclass(frozen=True, slots=True)
class PromisesOf:
    """A member's promises, the newest first; with a trip only those of this trip, in the order of its journey."""

    member_id: int
    state: State | None = None
    reservation_id: int | None = None

    def select(self) -> Select[Promise]:
        query = select(Promise).where(Promise.member_id == self.member_id)
        if self.state is not None:
            query = query.where(Promise.state == self.state.value)
        if self.reservation_id is not None:
            return query.where(Promise.reservation_id == self.reservation_id).order_by(_in_order(), Promise.id)
        when = Promise.due_at.asc().nulls_last() if self.state is State.OPEN else Promise.settled_at.desc()
        return query.order_by(when, Promise.id.desc()).limit(MOST)


def _in_order() -> Any:
    order: dict[str, int] = {kind.value: place for place, kind in enumerate(KINDS)}
    return case(order, value=Promise.kind, else_=len(order))


@dataclass(frozen=True, slots=True)
class Overdue:
    """Open promises past their date, the oldest first."""

    now: datetime
    kinds: tuple[PromiseKind, ...] = tuple(KINDS)

    def select(self) -> Select[Promise]:
        return (select(Promise)
                .where(Promise.state == State.OPEN.value, Promise.due_at <= self.now,
                       Promise.kind.in_([kind.value for kind in self.kinds]))
                .order_by(Promise.due_at, Promise.id))


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises were kept, of those that the evidence decides: kept or broken. Waived ones stand beside it."""

    kind: PromiseKind
    kept: int
    broken: int
    waived: int

    @property
    def n(self) -> int:
        return self.kept + self.broken


@dataclass(frozen=True, slots=True)
class KeptByKind:
    """Settled promises counted by kind, from a moment until before another; of one member or of all."""

    since: datetime
    until: datetime
    member_id: int | None = None

    def select(self) -> Select[Any]:
        query = (select(Promise.kind, Promise.state, func.count())
                 .where(Promise.settled_at >= self.since, Promise.settled_at < self.until)
                 .group_by(Promise.kind, Promise.state))
        return query if self.member_id is None else query.where(Promise.member_id == self.member_id)

    def counts(self) -> list[Kept]:
        """One for every kind, in the order in which they are declared, those without a settled promise too."""
        found: dict[tuple[str, str], int] = {(kind, state): n for kind, state, n in db.session.execute(self.select())}
        return [Kept(kind, *(found.get((kind.value, state.value), 0) for state in (State.KEPT, State.BROKEN, State.WAIVED)))
                for kind in KINDS]
