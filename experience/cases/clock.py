"""The clock of a case: by when the member hears from us next. One place, so that every page says the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from experience.cases.models import Case, Severity, State
from fleet.tariffs.in_force import policies_at

SOON = timedelta(hours=2)


def reply_by(severity: Severity | str, since: datetime) -> datetime:
    """When the member hears from us at the latest, counted from a moment (policy `case_reply_<severity>`)."""
    return since + timedelta(minutes=policies_at(since)[f"case_reply_{severity}"].value)


def close_by(case: Case, now: datetime) -> datetime:
    """When a case that was answered comes to its end (policy `case_close_<severity>`), with time for one more answer."""
    ends = case.opened_at + timedelta(minutes=policies_at(case.opened_at)[f"case_close_{case.severity}"].value)
    return max(ends, reply_by(case.severity, now))


def look_again_at(now: datetime) -> datetime:
    """When we look at a case again that waits for the member (policy `case_wait`)."""
    return now + timedelta(minutes=policies_at(now)["case_wait"].value)


class Face(StrEnum):
    """What the clock shows."""

    IN_TIME = "in_time"
    SOON = "soon"
    OVERDUE = "overdue"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Clock:
    """What a case's clock shows at a moment; `minutes` are left, or past when it is overdue."""

    face: Face
    minutes: int
    due_at: datetime


def clock_of(case: Case, now: datetime) -> Clock:
    """The clock of a case."""
    left = round((case.due_at - now).total_seconds() / 60)
    if case.state == State.CLOSED:
        return Clock(Face.STOPPED, 0, case.due_at)
    if case.due_at <= now:
        return Clock(Face.OVERDUE, -left, case.due_at)
    if case.state == State.WAITING:
        return Clock(Face.WAITING, left, case.due_at)
    return Clock(Face.SOON if case.due_at - now <= SOON else Face.IN_TIME, left, case.due_at)
