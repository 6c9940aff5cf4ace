"""The log of asks: every line is written with what it tells of, and once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, write_together
from core.ids import new_id
from experience.asks.gate import Verdict
from experience.asks.models import AskLog, AskRow, Logged

_INSERT = {"postgresql": postgresql.insert(AskLog).on_conflict_do_nothing(index_elements=["once"]),
           "sqlite": sqlite.insert(AskLog).on_conflict_do_nothing(index_elements=["once"])}


def log_of(ask: AskRow, what: Logged, at: datetime, channel: str | None = None,
           situation: dict[str, Any] | None = None) -> None:
    """Add a line on an ask, within the open transaction."""
    _add(at=at, member_id=ask.member_id, solicitation=ask.solicitation, what=str(what), why=None, rule=None,
         rules_version=ask.rules_version, ask_id=ask.id, reservation_id=ask.reservation_id, channel=channel,
         situation=situation or {}, once=f"{ask.id}-{what}")


def log_suppressed(*, member_id: int, solicitation: str, verdict: Verdict, at: datetime, once: str,
                   reservation_id: int | None = None, ask_id: UUID | None = None,
                   situation: dict[str, Any] | None = None) -> None:
    """Add that somebody was not asked, and why, within the open transaction."""
    _add(at=at, member_id=member_id, solicitation=solicitation, what=str(Logged.SUPPRESSED), why=str(verdict.why),
         rule=verdict.rule, rules_version=verdict.version, ask_id=ask_id, reservation_id=reservation_id, channel=None,
         situation=situation or {}, once=once)


def _add(**row: Any) -> None:
    write_together(_write, {"id": new_id(), **row})


def _write(rows: list[dict[str, Any]]) -> None:
    db.session.execute(_INSERT[db.engine.dialect.name], rows)
