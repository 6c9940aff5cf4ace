"""The outbox: messages and follow-up jobs, written with the change and handled after its commit."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import JSON, CheckConstraint, Index, Integer, Table, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db, in_transaction, transaction, write_now, write_together
from core.ids import new_id
from core.logs import without_rows
from core.time import now, wall_now

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
WAITING = text("done_at IS NULL AND failed_at IS NULL")
# Seconds; after the last the job rests as failed. Together more than a day: a mail server may be down for one.
RETRY_AFTER = (2, 10, 60, 300, 1800, 7200, 21600, 43200, 43200)


class OutboxRow(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A job: its kind, whom it is about, its facts, and how far it has come."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_counted"),
        CheckConstraint("done_at IS NULL OR failed_at IS NULL", name="done_or_failed"),
        Index("ix_outbox_waiting", "due_at", postgresql_where=WAITING, sqlite_where=WAITING),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str]
    member_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    once: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None]


# Built once: a booking posts three jobs, and putting a statement together costs more than running it.
_jobs: Table = OutboxRow.__table__
_POST = {"postgresql": postgresql.insert(_jobs).on_conflict_do_nothing(index_elements=["once"]),
         "sqlite": sqlite.insert(_jobs).on_conflict_do_nothing(index_elements=["once"])}
_DUE = (
    select(_jobs.c.id, _jobs.c.kind, _jobs.c.member_id, _jobs.c.facts, _jobs.c.attempts, _jobs.c.due_at)
    .where(_jobs.c.done_at.is_(None), _jobs.c.failed_at.is_(None), _jobs.c.due_at <= bindparam("at"),
           (_jobs.c.leased_until.is_(None)) | (_jobs.c.leased_until < bindparam("wall")),
           _jobs.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(_jobs.c.due_at).limit(bindparam("most", type_=Integer)))
_DUE_ABOUT = _DUE.where(_jobs.c.member_id.in_(bindparam("about", expanding=True)))
_TAKE = update(_jobs).where(_jobs.c.id.in_(bindparam("jobs", expanding=True))).values(
    leased_until=bindparam("until"), attempts=_jobs.c.attempts + 1)
_FINISH = update(_jobs).where(_jobs.c.id == bindparam("job")).values(done_at=bindparam("at"), leased_until=None)


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler is given. `id` stays the same over retries: use it as the idempotency key outside."""

    id: UUID
    kind: str
    member_id: int | None
    facts: dict[str, Any]
    attempt: int
    due_at: datetime


Handler = Callable[[Job], None]


class TryLater(Exception):
    """A handler's way of saying that the outside did not answer: the job is tried again later."""


class NotNow(Exception):
    """A handler's way of saying that this is not the moment: the job waits until then, which counts as no try."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def was_posted(once: str) -> bool:
    """Whether a job was posted under this `once`, done or not."""
    write_now(_write_jobs)
    return db.session.scalar(select(_jobs.c.id).where(_jobs.c.once == once)) is not None


def posted_of(onces: Collection[str]) -> int:
    """Under how many of these a job was posted, done or not."""
    write_now(_write_jobs)
    return db.session.scalar(select(func.count()).select_from(_jobs).where(_jobs.c.once.in_(onces))) or 0


def is_waiting(prefix: str) -> bool:
    """Whether a job whose `once` begins like this is not finished."""
    write_now(_write_jobs)
    return db.session.scalar(select(_jobs.c.id).where(
        _jobs.c.once.startswith(prefix), _jobs.c.done_at.is_(None), _jobs.c.failed_at.is_(None)).limit(1)) is not None


def post(kind: str, *, member_id: int | None = None, due: datetime | None = None, once: str | None = None,
         **facts: Any) -> None:
    """Put a job into the outbox, within the open transaction. With `once`, a second post of it changes nothing."""
    with transaction():
        write_together(_write_jobs, {
            "id": new_id(), "kind": kind, "member_id": member_id, "facts": facts, "once": once, "created_at": now(),
            "due_at": due or now(), "attempts": 0})


def _write_jobs(rows: list[dict[str, Any]]) -> None:
    """In the order of their `once`, so that two who post the same jobs never wait for each other."""
    rows.sort(key=lambda row: row["once"] or "")
    db.session.connection().execute(_POST[db.engine.dialect.name], rows)


def deliver(handlers: Mapping[str, Handler], *, limit: int = 20, about: Collection[int] | None = None) -> int:
    """Lease what is due, hand each job to the handler of its kind, and return how many were handled.

    A job whose worker dies is leased again after a minute, so handlers must bear being called twice. With `about`
    only jobs about these members are taken.
    """
    jobs = _lease(list(handlers), limit, about)
    for job in jobs:
        try:
            handlers[job.kind](job)
        except NotNow as rest:
            _let_wait(job, rest.until)
        except TryLater as later:
            _put_back(job, str(later))
        except Exception as error:  # one broken job must not stop the queue: it is kept, counted and logged
            log.exception("outbox job failed", kind=job.kind, job=str(job.id))
            _put_back(job, without_rows(repr(error)))
        else:
            _finish(job)
    return len(jobs)


def _lease(kinds: list[str], limit: int, about: Collection[int] | None) -> list[Job]:
    write_now(_write_jobs)
    due = _DUE if about is None else _DUE_ABOUT
    asked = {"at": now(), "wall": wall_now(), "kinds": kinds, "most": limit, "about": list(about or ())}
    if not in_transaction() and db.session.execute(due, asked | {"most": 1}).first() is None:
        return []  # an idle queue takes no write lock
    with transaction():
        rows = db.session.execute(due.with_for_update(skip_locked=True), asked).all()
        if rows:
            db.session.execute(_TAKE, {"jobs": [row.id for row in rows], "until": wall_now() + LEASE})
    return [Job(row.id, row.kind, row.member_id, dict(row.facts), row.attempts + 1, row.due_at) for row in rows]


def _finish(job: Job) -> None:
    with transaction():
        write_together(_keep_finished, {"job": job.id, "at": now()})


def _keep_finished(rows: list[dict[str, Any]]) -> None:
    db.session.connection().execute(_FINISH, rows)


def _let_wait(job: Job, until: datetime) -> None:
    with transaction():
        db.session.execute(update(OutboxRow).where(OutboxRow.id == job.id).values(
            due_at=until, attempts=job.attempt - 1, leased_until=None))


def _put_back(job: Job, error: str) -> None:
    again = job.attempt <= len(RETRY_AFTER)
    what = {"due_at": now() + timedelta(seconds=RETRY_AFTER[job.attempt - 1])} if again else {"failed_at": now()}
    with transaction():
        db.session.execute(update(OutboxRow).where(OutboxRow.id == job.id).values(
            **what, leased_until=None, last_error=error[:500]))
