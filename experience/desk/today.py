"""Today: what needs somebody, what is mine, and the day in numbers. A fixed number of counts, whatever the volume."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from core.database import db
from experience.asks.models import Answer, Note, NoteStatus
from experience.cases.models import Case
from experience.cases.models import State as CaseState
from experience.cases.rules import OWN_DOING
from experience.desk.filters import Period
from experience.desk.words import in_percent
from experience.insight.promises import kept_by_step, overdue
from experience.insight.reconciliation import Reconciliation
from experience.insight.step_events import StepEvents
from experience.insight.window import Window
from experience.journey import Phase, Step
from experience.record.models import Event, QuarantinedEvent
from portal.help.models import OURS, Conversation
from portal.web.say import CITY_ZONE, number


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
    late = overdue(now)
    found = [
        Alert("bad", late, ngettext("promise past its date", "promises past their date", late),
              url_for("cx_desk.promise_rows", state="open")),
        Alert("bad", late_cases, ngettext("case past its clock", "cases past their clock", late_cases),
              to("cx_cases.queue", show="overdue")),
        Alert("bad", late_answers, ngettext("member waits longer for an answer than we said",
                                            "members wait longer for an answer than we said", late_answers),
              to("help_desk.queue")),
    ]
    newest = db.session.execute(select(Reconciliation.missing, Reconciliation.doubled)
                                .order_by(Reconciliation.at.desc()).limit(1)).first()
    if newest:
        differ = newest.missing + newest.doubled
        found.append(Alert("bad", differ, ngettext("step missing or doubled in the last reconciliation",
                                                   "steps missing or doubled in the last reconciliation", differ),
                           to("cx_desk.reconciliation")))
    since, _until = Period(7).bounds(now)
    aside = _count(QuarantinedEvent, QuarantinedEvent.at >= since)
    found.append(Alert("warn", aside, ngettext("browser event of the last week we could not read",
                                               "browser events of the last week we could not read", aside),
                       to("cx_desk.quarantine")))
    return [alert for alert in found if alert.n]


def queue(user_id: int) -> list[Figure]:
    """What waits for me, and for anybody."""
    open_case = Case.state != CaseState.CLOSED
    mine, nobodys = _count(Case, open_case, Case.owner_id == user_id), _count(Case, open_case, Case.owner_id.is_(None))
    new, of_mine = _count(Note, Note.status == NoteStatus.NEW), _count(
        Note, Note.owner_id == user_id, Note.status == NoteStatus.OPEN)
    our_turn = _count(Conversation, Conversation.status.in_([str(status) for status in OURS]))
    return [
        Figure(number(mine), ngettext("case of mine", "cases of mine", mine), to("cx_cases.queue", show="mine")),
        Figure(number(nobodys), ngettext("case of nobody yet", "cases of nobody yet", nobodys),
               to("cx_cases.queue", show="nobody")),
        Figure(number(new), ngettext("new note", "new notes", new), url_for("cx_desk.inbox", status="new")),
        Figure(number(of_mine), ngettext("note of mine", "notes of mine", of_mine),
               url_for("cx_desk.inbox", status="open", owner=user_id)),
        Figure(number(our_turn), ngettext("conversation where it is our turn", "conversations where it is our turn", our_turn),
               to("help_desk.queue")),
    ]


def the_day(now: datetime) -> list[Figure]:
    """The day since midnight in the city, each figure with the way to its rows."""
    began = datetime.combine(now.astimezone(CITY_ZONE).date(), time(), CITY_ZONE).astimezone(UTC)
    today = now.astimezone(CITY_ZONE).date().isoformat()
    kept = kept_by_step(Window(began))
    good, bad = sum(each.kept for each in kept.values()), sum(each.broken for each in kept.values())
    stopped, told = _stopped(Window(began))
    return [
        _done(Step.BOOK_CONFIRM, began, lambda _n: _("booked")),
        _done(Step.RETURN_LOCK, began, lambda n: ngettext("trip brought back", "trips brought back", n)),
        Figure(in_percent(good / (good + bad)) if good + bad else "–", _("promises kept"),
               url_for("cx_desk.promises", **{"from": today, "to": today}),
               _("%(bad)s broken of %(n)s", bad=number(bad), n=number(good + bad))),
        Figure(number(_count(Note, Note.at >= began) + _count(Answer, Answer.at >= began)), _("told us something"),
               url_for("cx_desk.voices", **{"from": today, "to": today})),
        Figure(number(stopped), ngettext("step refused or failed", "steps refused or failed", stopped),
               url_for("cx_desk.journey", **{"from": today, "to": today}),
               _("and %(n)s that members put right themselves: a typo, an open door", n=number(told)) if told else ""),
    ]


def _done(step: Step, began: datetime, label: Callable[[int], str]) -> Figure:
    """How often a step succeeded since the day began: as many as the events that it leads to."""
    n = db.session.scalar(StepEvents(step, Window(began), Phase.SUCCEEDED).count()) or 0
    day = began.astimezone(CITY_ZONE).date().isoformat()
    return Figure(number(n), label(n), url_for("cx_desk.step", step_name=step, phase=Phase.SUCCEEDED, _anchor="events",
                                               **{"from": day, "to": day}))


def _stopped(window: Window) -> tuple[int, int]:
    """How often a step was refused or failed, and how often of what the page tells at once how to put right."""
    stopped = [*window.recent(), Event.phase.in_([str(Phase.REFUSED), str(Phase.FAILED)])]
    theirs = _count(Event, *stopped, Event.error_code.in_(sorted(OWN_DOING)))
    return _count(Event, *stopped) - theirs, theirs


def cases_at(step: Step, window: Window) -> list[Figure]:
    """The cases of one step: those that are open, and those that were opened in that time."""
    of_step = Case.step == str(step)
    return [Figure(number(_count(Case, of_step, Case.state != CaseState.CLOSED)), _("open"), to("cx_cases.queue", where=step)),
            Figure(number(_count(Case, of_step, *window.spans(Case.opened_at))), _("opened in this time"),
                   to("cx_cases.queue", where=step, show="all"))]
