"""Events as they enter the log: each with which try it is, counted by the database as it is inserted."""

from typing import Any

from sqlalchemy import bindparam, func, insert, select

from core.database import db
from experience.journey import Phase
from experience.record.models import Event

# Built once: an event is written with every step of every member.
# Which try it is: one more than the refused and failed ones of this step before it on the same journey.
_TRIES = select(func.count()).select_from(Event.__table__).where(
    Event.journey_id == bindparam("tried_on"), Event.step == bindparam("tried"),
    (Event.phase == str(Phase.REFUSED)) | (Event.phase == str(Phase.FAILED))).scalar_subquery()
_INSERT = insert(Event.__table__).values(attempt=1 + _TRIES)
# The first of a trip stands on another journey than the tries before it: those of the visit, since the last that succeeded.
_SUCCEEDED = Event.__table__.alias()
_LAST = select(func.max(_SUCCEEDED.c.time)).where(
    _SUCCEEDED.c.member_pid == bindparam("tried_by"), _SUCCEEDED.c.step == bindparam("tried"),
    _SUCCEEDED.c.phase == str(Phase.SUCCEEDED)).scalar_subquery()
_INSERT_OF_VISIT = insert(Event.__table__).values(attempt=1 + select(func.count()).select_from(Event.__table__).where(
    Event.journey_id == bindparam("tried_on"), Event.step == bindparam("tried"),
    (Event.phase == str(Phase.REFUSED)) | (Event.phase == str(Phase.FAILED)),
    _LAST.is_(None) | (Event.time > _LAST)).scalar_subquery())


def insert_events(rows: list[dict[str, Any]]) -> None:
    """Insert rows whose tries are those `tried` before `tried_on` the same journey."""
    db.session.connection().execute(_INSERT, rows)


def insert_of_visit(rows: list[dict[str, Any]]) -> None:
    """The same of the first event of a trip, which was `tried_by` the member on the visit `tried_on`."""
    db.session.connection().execute(_INSERT_OF_VISIT, rows)
