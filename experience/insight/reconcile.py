"""Reconciling: every row of the business that a member lived through has its step event, once, or is named here.

A row and its event name each other by an object of the event: what it is, its id, and how the event stands to it. Loss is
detected, not assumed away; nothing is mended here, because an event that was not written then would be a guess now.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from experience.asks.models import Note
from experience.insight.reconciliation import Reconciliation
from experience.journey import Step
from experience.record.models import Event, Identity
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from portal.billing.disputes.models import Dispute, Outcome
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.notices.models import Notice
from portal.billing.payments.models import Payment, Refund, RefundState, State
from reservations.booking.models import Reservation
from reservations.fuel.models import FuelStop
from reservations.trip.models import CheckStage, ConditionCheck, Trip

AT_ONCE = 5000  # rows fetched at a time
EARLIER, LATER = timedelta(hours=1), timedelta(days=2)  # a car may answer long after it was asked to lock
MOST_NAMED = 1000
Key = tuple[str, str, str]  # what, its id, how the event stands to it


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the business: the key by which an event names it (none: nothing can), its own id, when, and at which step."""

    key: Key | None
    id: str
    at: datetime
    step: Step


Rows = Callable[[datetime, datetime], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of row; `again`: the same row may be lived through more than once, so only none is wrong."""

    kind: str
    steps: tuple[Step, ...]
    rows: Rows
    again: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A row without its event, or with too many."""

    what: str  # missing, doubled
    kind: str
    id: str
    at: datetime
    step: Step


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, and every difference."""

    since: datetime
    until: datetime
    rows: dict[str, int]
    differences: list[Difference]

    def count(self, what: str) -> int:
        return sum(each.what == what for each in self.differences)


def compare(since: datetime, until: datetime, more: Sequence[Source] = ()) -> Compared:
    """Compare the rows of [since, until) with their events; `more` are sources of rooms above this one."""
    sources = [*SOURCES, *more]
    told = Counter(_told(since, until, {step for source in sources for step in source.steps}))
    rows: dict[str, int] = {}
    differences: list[Difference] = []
    for source in sources:
        expected: dict[Key | None, list[Row]] = defaultdict(list)
        for row in source.rows(since, until):
            expected[row.key].append(row)
        rows[source.kind] = sum(map(len, expected.values()))
        differences += _differences(source, expected, told)
    return Compared(since, until, rows, sorted(differences, key=lambda one: (one.at, one.kind, one.id)))


def _differences(source: Source, expected: dict[Key | None, list[Row]], told: Counter[Key]) -> Iterator[Difference]:
    for key, rows in expected.items():
        there = told[key] if key is not None else 0
        wanted = 1 if source.again else len(rows)
        for row in rows[there:wanted]:
            yield Difference("missing", source.kind, row.id, row.at, row.step)
        if there > wanted and not source.again:
            yield Difference("doubled", source.kind, rows[0].id, rows[0].at, rows[0].step)


def _told(since: datetime, until: datetime, steps: set[Step]) -> Iterator[Key]:
    """Every object that the events of these steps name."""
    events = select(Event.objects).where(
        Event.step.in_(sorted(steps)), Event.time >= since - EARLIER, Event.time < until + LATER)
    found = db.session.execute(events, execution_options={"yield_per": AT_ONCE}).scalars()
    return ((one["type"], one["id"], one["qualifier"]) for objects in found for one in objects)


# Where rows come from.

def _of_trips(as_what: str, step: Step, model: Any, moment: Any, number: Any) -> Rows:
    """Rows of a trip, which events name by its random id."""
    def rows(since: datetime, until: datetime) -> Iterator[Row]:
        query = (select(number, moment, Identity.pid).select_from(model)
                 .outerjoin(Identity, (Identity.kind == "trip") & (Identity.ref == number))
                 .where(moment >= since, moment < until))
        for ref, at, pid in _read(query):
            yield Row(("trip", str(pid), as_what) if pid else None, str(ref), at, step)
    return rows


def _of_rows(kind: str, as_what: str, step: Step, moment: Any, number: Any, *where: Any, said: Any = None) -> Rows:
    """Rows with ids of their own; `said`: the column that says how the event stands to them, or `as_what` does."""
    def rows(since: datetime, until: datetime) -> Iterator[Row]:
        query = select(number, moment, number if said is None else said).where(moment >= since, moment < until, *where)
        for ref, at, how in _read(query):
            yield Row((kind, str(ref), as_what if said is None else str(how)), str(ref), at, step)
    return rows


def _read(query: Any) -> Any:
    return db.session.execute(query, execution_options={"yield_per": AT_ONCE})


def _commands(since: datetime, until: datetime) -> Iterator[Row]:
    query = (select(CarCommand.id, CarCommand.action, CarCommand.state, CarCommand.asked_at, CarCommand.answered_at,
                    Trip.started_at, Trip.ended_at)
             .outerjoin(Trip, Trip.reservation_id == CarCommand.reservation_id)
             .where(CarCommand.answered_at >= since, CarCommand.answered_at < until, CarCommand.reservation_id.is_not(None),
                    CarCommand.state != CommandState.WAITING))
    for ref, action, state, asked, answered, started, ended in _read(query):
        yield Row(("command", str(ref), state), str(ref), answered, _step_of(action, asked, answered, started, ended))


def _step_of(action: str, asked: datetime, answered: datetime, started: datetime | None, ended: datetime | None) -> Step:
    """At which step it was asked, as ask_car.step_of() had it then."""
    if action in (Action.FLASH, Action.HORN):
        return Step.PICKUP_IDENTIFY
    if started is None or answered <= started:
        return Step.PICKUP_UNLOCK
    return Step.RETURN_LOCK if action == Action.LOCK and ended == asked else Step.DRIVE_LOCK


def _disputes(since: datetime, until: datetime) -> Iterator[Row]:
    within = [(Dispute.opened_at, "opened", ()), (Dispute.decided_at, "withdrawn", (Dispute.outcome == Outcome.WITHDRAWN,)),
              (Dispute.decided_at, "decided", (Dispute.outcome != Outcome.WITHDRAWN,))]
    return chain.from_iterable(_of_rows("dispute", how, Step.PAY_DISPUTE, moment, Dispute.id, *where)(since, until)
                               for moment, how, where in within)


def _notices(since: datetime, until: datetime) -> Iterator[Row]:
    within = ((Notice.sent_at, "sent"), (Notice.contested_at, "contested"), (Notice.charged_at, "charged"))
    return chain.from_iterable(_of_rows("notice", how, Step.DRIVE_TOLL, moment, Notice.id)(since, until)
                               for moment, how in within)


_CAR = (Step.PICKUP_IDENTIFY, Step.PICKUP_UNLOCK, Step.DRIVE_LOCK, Step.RETURN_LOCK)
SOURCES = (
    Source("booking", (Step.BOOK_CONFIRM,),
           _of_trips("booked", Step.BOOK_CONFIRM, Reservation, Reservation.booked_at, Reservation.id)),
    Source("cancellation", (Step.BOOK_CANCEL,),
           _of_trips("cancelled", Step.BOOK_CANCEL, Reservation, Reservation.cancelled_at, Reservation.id)),
    Source("car_command", _CAR, _commands),
    Source("trip_begun", (Step.PICKUP_ARRIVE,),
           _of_trips("begun", Step.PICKUP_ARRIVE, Trip, Trip.started_at, Trip.reservation_id)),
    Source("driven_off", (Step.PICKUP_DRIVE_AWAY,),
           _of_trips("drove_off", Step.PICKUP_DRIVE_AWAY, Trip, Trip.drove_off_at, Trip.reservation_id)),
    Source("trip_ended", (Step.PAY_BILL,), _of_trips("ended", Step.PAY_BILL, Trip, Trip.ended_at, Trip.reservation_id)),
    Source("fuel_stop", (Step.DRIVE_REFUEL,), _of_rows("fuel_stop", "logged", Step.DRIVE_REFUEL, FuelStop.at, FuelStop.id)),
    Source("condition_check", (Step.PICKUP_CHECK,),
           _of_rows("check", "", Step.PICKUP_CHECK, ConditionCheck.at, ConditionCheck.id,
                    ConditionCheck.stage != CheckStage.RETURN, said=ConditionCheck.stage), again=True),
    Source("note", (Step.HELP_CONTACT,), _of_rows("note", "said", Step.HELP_CONTACT, Note.at, Note.id)),
    Source("dispute", (Step.PAY_DISPUTE,), _disputes),
    Source("notice", (Step.DRIVE_TOLL,), _notices),
    Source("payment_captured", (Step.PAY_PAYMENT,),
           _of_rows("payment", "captured", Step.PAY_PAYMENT, LedgerRow.at, LedgerRow.payment_id,
                    LedgerRow.origin == Origin.PAYMENT, LedgerRow.code == "paid")),
    Source("payment_declined", (Step.PAY_PAYMENT,),
           _of_rows("payment", "declined", Step.PAY_PAYMENT, Payment.settled_at, Payment.id, Payment.state == State.DECLINED)),
    Source("refund", (Step.PAY_REFUND,),
           _of_rows("refund", "done", Step.PAY_REFUND, Refund.done_at, Refund.id, Refund.state == RefundState.DONE)),
)


# Keeping what was found.

def reconcile(*, since: datetime, until: datetime, now: datetime, more: Sequence[Source] = (),
              night: date | None = None) -> Compared | None:
    """Compare, and keep the result. None when this night's was kept already, by another worker."""
    found = compare(since, until, more)
    db.session.rollback()
    try:
        with transaction():
            db.session.add(Reconciliation(
                at=now, since=since, until=until, night=night, compared=found.rows, missing=found.count("missing"),
                doubled=found.count("doubled"), found=[_named(one) for one in found.differences[:MOST_NAMED]]))
    except IntegrityError:
        return None
    return found


def _named(one: Difference) -> dict[str, str]:
    return {"what": one.what, "kind": one.kind, "id": one.id, "at": one.at.isoformat(), "step": str(one.step)}


NIGHT_BACK = timedelta(days=3)  # what a night looks at: an event that came late is missing in one night and there in the next


def reconcile_tonight(now: datetime, more: Sequence[Source] = ()) -> bool:
    """Once a day, from two in the morning (UTC) on, the days before it; whether it was done now."""
    until = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if now < until + timedelta(hours=2):
        return False
    if db.session.scalar(select(Reconciliation.id).where(Reconciliation.night == until.date())) is not None:
        return False
    return reconcile(since=until - NIGHT_BACK, until=until, now=now, more=more, night=until.date()) is not None


def newest(most: int = 30) -> list[Reconciliation]:
    """The last reconciliations, newest first."""
    return list(db.session.scalars(
        select(Reconciliation).order_by(Reconciliation.at.desc(), Reconciliation.id.desc()).limit(most)))


def the_reconciliation(number: int | None) -> Reconciliation | None:
    """One of them by its number."""
    return db.session.get(Reconciliation, number) if number and number < 2**31 else None
