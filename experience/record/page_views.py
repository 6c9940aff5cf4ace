"""Page views: buffered for at most a second, then written together. Losing the last second of them is allowed."""

import atexit
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from core.database import transaction
from core.insert_rows import insert_rows
from core.time import now
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, Seen, check_facts, event_row
from experience.record.pids import pid_of

log = structlog.get_logger()

FLUSH_SECONDS = 1.0
FULL = 500


@dataclass(frozen=True, slots=True)
class PageView:
    """Somebody opened the page of a step, or saw the whole of it."""

    step: Step
    phase: Phase
    session_id: str | None
    trace_id: str
    member_id: int | None
    trip_id: int | None
    facts: dict[str, Any]
    duration_ms: int | None
    error_code: str | None
    at: datetime = field(default_factory=now)
    journey: str | None = None  # as in Seen
    channel: str | None = None  # as in Scene


class PageViews:
    """The process's buffer: a timer starts with the first view and writes what has come within a second."""

    def __init__(self, app: Flask, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._app = app
        self._flush_seconds = flush_seconds
        self._waiting: list[PageView] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None
        atexit.register(self.flush)

    def add(self, view: PageView) -> None:
        """Take a view; raises UnknownFact for facts that its step did not declare."""
        check_facts(view.step, view.facts)
        self._take(view)

    def _take(self, view: PageView) -> None:
        flush_now: Callable[[], None] | None = None
        with self._lock:
            self._waiting.append(view)
            if len(self._waiting) >= FULL:
                flush_now = self.flush
            elif self._timer is None:
                self._timer = threading.Timer(self._flush_seconds, self.flush)
                self._timer.daemon = True
                self._timer.start()
        if flush_now:
            flush_now()

    def look(self, seen: Seen, around: Scene, took_ms: int) -> None:
        """Take the success of a step that only looked; its facts were checked as they were noted."""
        self._take(PageView(seen.step, Phase.SUCCEEDED, around.session_id, around.trace_id or "", seen.member_id, seen.trip_id,
                            seen.facts, took_ms, None, channel=around.channel))

    def flush(self) -> None:
        """Write everything that waits, in one transaction; returns once nothing is being written any more."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        with self._lock:
            views, self._waiting = self._waiting, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not views:
            return
        try:
            with self._app.app_context(), transaction():
                insert_rows(Event.__table__, [_row(view) for view in views])
        except (SQLAlchemyError, OSError):  # OSError: the data folder is full or gone
            log.exception("page views lost", count=len(views))  # allowed: at most a second of them


def _row(view: PageView) -> dict[str, Any]:
    member_pid = pid_of("member", view.member_id) if view.member_id else None
    trip_pid: UUID | None = pid_of("trip", view.trip_id) if view.trip_id else None
    return event_row(
        view.step, view.phase, scene_=Scene(view.session_id, view.trace_id, "member", channel=view.channel), at=view.at,
        member_pid=member_pid, journey_id=str(trip_pid) if trip_pid else view.journey or view.session_id, facts=view.facts,
        duration_ms=view.duration_ms, error_code=view.error_code,
        objects=[{"type": "trip", "id": str(trip_pid), "qualifier": "of"}] if trip_pid else [],
    )
