"""Minting: dated, measurable promises to one member, written with the change that makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, transaction
from core.ids import new_id
from experience.promises.kinds import KINDS, PromiseKind
from experience.promises.models import Promise

# Built once: a booking mints about ten, and putting a statement together costs more than running it.
_MINT = {"postgresql": postgresql.insert(Promise.__table__).on_conflict_do_nothing(),
         "sqlite": sqlite.insert(Promise.__table__).on_conflict_do_nothing()}


@dataclass(frozen=True, slots=True)
class Promised:
    """What is promised, by when, and how much of which unit; what is left out is as its kind declares."""

    kind: PromiseKind
    due_at: datetime | None = None
    expected: float | None = None
    unit: str | None = None


def mint(*, member_id: int, promised: Sequence[Promised], reservation_id: int | None = None, subject: str | None = None,
         at: datetime) -> None:
    """Write the promises in one statement, within the open transaction if there is one.

    A trip has one of a kind besides those that a change replaced (of reminders, one for each start), a subject one that is
    open: a second one changes nothing.
    """
    if not promised:
        return
    rows = [{
        "id": new_id(), "kind": one.kind.value, "step": (declared := KINDS[one.kind]).step.value, "member_id": member_id,
        "reservation_id": reservation_id, "subject": subject, "minted_at": at, "due_at": one.due_at,
        "expected": declared.expected if one.expected is None else one.expected,
        "unit": declared.unit if one.unit is None else one.unit,
    } for one in promised]
    with transaction():
        db.session.connection().execute(_MINT[db.engine.dialect.name], rows)
