"""The timer that notices when somebody entered a step and never came to an end of it."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, insert, or_, select, text
from sqlalchemy.orm import aliased

from core.database import db, transaction
from experience.journey import STEPS, Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, event_row

BATCH = 500
LOOK_BACK = timedelta(days=2)  # how long the timer may stand still without missing anyone
ONE_TIMER = 7261647  # the PostgreSQL advisory lock that keeps two timers from noting the same visit


def note_abandoned(now: datetime) -> int:
    """Write `abandoned` for visits whose step's limit has passed without an end; returns how many, BATCH at most.

    A later event of the same step on the same session or journey, whatever its phase, means that the visit went on.
    The event stands at the moment the limit passed. Calling it again changes nothing.
    """
    if not db.session.execute(_overdue(now).limit(1)).first():
        return 0  # nothing to note takes no write lock
    with transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text(f"SELECT pg_advisory_xact_lock({ONE_TIMER})"))
        rows = [_abandoned(entered) for entered in db.session.scalars(_overdue(now).limit(BATCH))]
        if rows:
            db.session.execute(insert(Event), rows)
    return len(rows)


def _overdue(now: datetime) -> Select[Event]:
    """Pages entered, past their step's limit, with nothing of the same step after them."""
    later = aliased(Event)
    same_visit = or_(later.session_id == Event.session_id, later.journey_id == Event.journey_id)
    went_on = exists().where(
        later.step == Event.step, later.time >= Event.time, same_visit,
        or_(later.time > Event.time, later.id > Event.id),
    )
    return (
        select(Event)
        .where(Event.phase == Phase.ENTERED, or_(*_past_limit(now)),
               or_(Event.session_id.is_not(None), Event.journey_id.is_not(None)), ~went_on)
        .order_by(Event.time, Event.id)
    )


def _past_limit(now: datetime) -> list[Any]:
    by_limit: dict[timedelta, list[str]] = defaultdict(list)
    for step, declared in STEPS.items():
        by_limit[declared.limit].append(str(step))
    return [and_(Event.step.in_(steps), Event.time > now - limit - LOOK_BACK, Event.time <= now - limit)
            for limit, steps in by_limit.items()]


def _abandoned(entered: Event) -> dict[str, Any]:
    step = Step(entered.step)
    here = Scene(session_id=entered.session_id, actor=entered.actor, is_demo=entered.is_demo)
    return event_row(step, Phase.ABANDONED, scene_=here, at=entered.time + STEPS[step].limit, attempt=entered.attempt,
                     member_pid=entered.member_pid, journey_id=entered.journey_id, facts=entered.facts,
                     objects=entered.objects)
