"""Today: what needs somebody, what is mine, and the day in numbers. A fixed number of counts, whatever the volume."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from core.database import db
from experience.asks.models import Answer, Note, NoteStatus
from experience.cases.models import Case
from experience.cases.models import State as CaseState
from experience.desk.filters import Period
from experience.desk.words import in_percent
from experience.insight.promises import kept_by_step, overdue
from experience.insight.reconciliation import Reconciliation
from experience.insight.window import Window
from experience.journey import Step
from experience.record.models import Event, QuarantinedEvent
from portal.help.models import OURS, Conversation
from portal.web.say import CITY_ZONE, number
from reservations.booking.models import Reservation, Status


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong by itself: how many, what, and where to go. `kind` as in a banner."""

    kind: str
    n: int
    label: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the day (templates/ui/table.html)."""

    figure: str
    label: str
    href: str | None = None
    note: str = ""


def to(endpoint: str, **address: Any) -> str | None:
    """The address of a page of another room; none while that room does not stand."""
    return url_for(endpoint, **address) if endpoint in current_app.view_functions else None


def _count(model: Any, *wanted: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*wanted)) or 0


def alerts(now: datetime) -> list[Alert]:
    """What is overdue or does not add up; nothing is left out silently, and what is at rest is not listed."""
    late_cases = _count(Case, Case.state != CaseState.CLOSED, Case.due_at <= now)
    late_answers = _count(Conversation, Conversation.status.in_([str(status) for status in OURS]),
                          Conversation.answer_due_at <= now)
    found = [
        Alert("bad", overdue(now), _("promises past their date"), url_for("cx_desk.promise_rows", state="open")),
        Alert("bad", late_cases, _("cases past their clock"), to("cx_cases.queue", show="overdue")),
        Alert("bad", late_answers, _("members wait longer for an answer than we said"), to("help_desk.queue")),
    ]
    newest = db.session.execute(select(Reconciliation.missing, Reconciliation.doubled)
                                .order_by(Reconciliation.at.desc()).limit(1)).first()
    if newest:
        found.append(Alert("bad", newest.missing + newest.doubled, _("steps missing or doubled in the last reconciliation"),
                           to("cx_desk.reconciliation")))
    since, _until = Period(7).bounds(now)
    found.append(Alert("warn", _count(QuarantinedEvent, QuarantinedEvent.at >= since),
                       _("browser events of the last week we could not read"), to("cx_desk.quarantine")))
    return [alert for alert in found if alert.n]


def queue(user_id: int) -> list[Figure]:
    """What waits for me, and for anybody."""
    open_case = Case.state != CaseState.CLOSED
    return [
        Figure(number(_count(Case, open_case, Case.owner_id == user_id)), _("cases of mine"),
               to("cx_cases.queue", show="mine")),
        Figure(number(_count(Case, open_case, Case.owner_id.is_(None))), _("cases of nobody yet"),
               to("cx_cases.queue", show="nobody")),
        Figure(number(_count(Note, Note.status == NoteStatus.NEW)), _("new notes"), url_for("cx_desk.inbox", status="new")),
        Figure(number(_count(Note, Note.owner_id == user_id, Note.status == NoteStatus.OPEN)), _("notes of mine"),
               url_for("cx_desk.inbox", status="open", owner=user_id)),
        Figure(number(_count(Conversation, Conversation.status.in_([str(status) for status in OURS]))),
               _("conversations where it is our turn"), to("help_desk.queue")),
    ]


def the_day(now: datetime) -> list[Figure]:
    """The day since midnight in the city, each figure with the way to its rows."""
    began = datetime.combine(now.astimezone(CITY_ZONE).date(), time(), CITY_ZONE).astimezone(UTC)
    today = now.astimezone(CITY_ZONE).date().isoformat()
    kept = kept_by_step(Window(began))
    good, bad = sum(each.kept for each in kept.values()), sum(each.broken for each in kept.values())
    return [
        Figure(number(_count(Reservation, Reservation.booked_at >= began)), _("booked"),
               url_for("cx_desk.step", step_name="book.confirm", **{"from": today, "to": today})),
        Figure(number(_count(Reservation, Reservation.status == Status.RETURNED, Reservation.ends_at >= began,
                             Reservation.ends_at <= now)), _("trips brought back"),
               url_for("cx_desk.step", step_name="return.lock", **{"from": today, "to": today})),
        Figure(in_percent(good / (good + bad)) if good + bad else "–", _("promises kept"),
               url_for("cx_desk.promises", **{"from": today, "to": today}),
               _("%(bad)s broken of %(n)s", bad=number(bad), n=number(good + bad))),
        Figure(number(_count(Note, Note.at >= began) + _count(Answer, Answer.at >= began)), _("told us something"),
               url_for("cx_desk.voices", **{"from": today, "to": today})),
        Figure(number(_count(Event, Event.time >= began, Event.phase.in_(["refused", "failed"]))), _("steps refused or failed"),
               url_for("cx_desk.journey", **{"from": today, "to": today})),
    ]


def cases_at(step: Step, window: Window) -> list[Figure]:
    """The cases of one step: those that are open, and those that were opened in that time."""
    of_step = Case.step == str(step)
    return [Figure(number(_count(Case, of_step, Case.state != CaseState.CLOSED)), _("open"), to("cx_cases.queue", where=step)),
            Figure(number(_count(Case, of_step, *window.spans(Case.opened_at))), _("opened in this time"),
                   to("cx_cases.queue", where=step, show="all"))]
