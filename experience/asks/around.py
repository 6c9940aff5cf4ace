"""What the gate must know of a member and their trips, asked of the rooms that own it.

The app hangs those questions into `app.extensions`: `is_driving`, `is_at_the_car` and `has_open_case` of a member,
`member_facts` (since when, which plan), `facts_of_trip` (which car, from which lot), `car_and_day` of a trip in words,
`news_choice` (what they chose of news). One that is not there says no; without `news_choice` everybody wants news at any hour.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, has_request_context, request
from sqlalchemy import select

from core.database import db
from experience.asks.gate import Situation
from experience.asks.models import AskRow
from experience.asks.say import TripFacts
from experience.journey import Phase, Step
from experience.record.models import Event, Identity
from experience.record.observe import here

JUST_NOW = timedelta(minutes=10)
MOST_LOOKED_AT = 200  # events of those minutes: nobody who is asked does more
TASKS = frozenset({  # who has entered one of these and come to no end of it is in the middle of something
    Step.JOIN_APPLY, Step.JOIN_LICENCE, Step.JOIN_PLAN, Step.JOIN_PAYMENT_METHOD, Step.BOOK_CONFIRM, Step.BOOK_CHANGE,
    Step.BOOK_CANCEL, Step.PICKUP_ARRIVE, Step.PICKUP_IDENTIFY, Step.PICKUP_UNLOCK, Step.PICKUP_CHECK, Step.DRIVE_LOCK,
    Step.DRIVE_REFUEL, Step.DRIVE_EXTEND, Step.DRIVE_INCIDENT, Step.RETURN_CHECKLIST, Step.RETURN_LOCK, Step.PAY_PAYMENT,
    Step.HELP_CONTACT, Step.LEAVE_CLOSE})


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """Since when somebody has been a member, on which plan, and whether they drive with us today."""

    since: datetime
    plan: str
    active: bool


@dataclass(frozen=True, slots=True)
class NewsChoice:
    """Whether somebody lets us write news to them, and until when it is night where they are; none: it is day."""

    wanted: bool = True
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CarAndDay:
    """What a member knows a trip by: the car's name and when it began, in its lot's zone."""

    car: str
    at: datetime
    zone: ZoneInfo


def situation_of(member_id: int, now: datetime, *, done: Step | None = None) -> Situation:
    """Where the member stands; `done` is the step that they have just come to the end of."""
    facts = facts_of_member(member_id, now)
    driving, news = _ask("is_driving", member_id), _news_choice(member_id, now)
    return Situation(member_id, facts.since, driving=driving,
                     mid_task=not driving and (_ask("is_at_the_car", member_id, now) or _in_a_task(member_id, now, done)),
                     open_case=_ask("has_open_case", member_id), pulse=facts.active, wants_news=news.wanted,
                     quiet_until=news.quiet_until)


def _news_choice(member_id: int, now: datetime) -> NewsChoice:
    look_up = current_app.extensions.get("news_choice")
    found: NewsChoice = look_up(member_id, now) if look_up else NewsChoice()
    return found


def facts_of_member(member_id: int, now: datetime) -> MemberFacts:
    """What is known of the member; where nobody tells, they joined just now."""
    look_up = current_app.extensions.get("member_facts")
    found: MemberFacts | None = look_up(member_id) if look_up else None
    return found or MemberFacts(now, "", active=False)


def facts_of_trip(reservation_id: int | None, member_id: int) -> dict[str, Any]:
    """What an answer keeps of the trip it is about; nothing of somebody else's."""
    look_up = current_app.extensions.get("facts_of_trip")
    found: TripFacts | None = look_up(member_id, reservation_id) if look_up and reservation_id is not None else None
    if found is None:
        return {}
    return {"trip_id": found.id, "car_id": found.car_id, "car_class": found.car_class, "lot_id": found.lot_id,
            "plan": found.plan}


def car_and_day_of(ask: AskRow) -> CarAndDay | None:
    """The trip that a question is about, in words; none of somebody else's."""
    look_up, trip_id = current_app.extensions.get("car_and_day"), ask.facts.get("trip_id")
    found: CarAndDay | None = look_up(ask.member_id, trip_id) if look_up and trip_id is not None else None
    return found


def _ask(what: str, *about: Any) -> bool:
    look_up = current_app.extensions.get(what)
    return bool(look_up(*about)) if look_up else False


def _in_a_task(member_id: int, now: datetime, done: Step | None) -> bool:
    """Whether the last thing they did on one of their devices within ten minutes was to open the page of a task.

    A page may be the page of several steps; all that one request was is one thing that they did. Who sends a form has come
    to the end of what they did there, whether or not the page before it is written down yet.
    """
    sends = here().session_id if has_request_context() and request.method == "POST" else None
    lately = db.session.execute(
        select(Event.session_id, Event.trace_id, Event.step, Event.phase).join(Identity, Identity.pid == Event.member_pid)
        .where(Identity.kind == "member", Identity.ref == member_id, Event.actor == "member",
               Event.time > now - JUST_NOW, Event.time <= now,
               *((Event.session_id.is_distinct_from(sends),) if sends else ()))
        .order_by(Event.time.desc(), Event.id.desc()).limit(MOST_LOOKED_AT)).all()
    last = {row.session_id: row.trace_id for row in reversed(lately)}
    phases = defaultdict[tuple[str | None, str], set[str]](set)
    for row in lately:
        if row.trace_id == last[row.session_id]:
            phases[row.session_id, row.step].add(row.phase)
    return any(step in TASKS and step != done and seen == {Phase.ENTERED} for (_session, step), seen in phases.items())
