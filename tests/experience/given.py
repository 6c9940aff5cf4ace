"""What tests of the experience start from: events that happened, notes that were said, browsers that are signed in."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from core.database import db, transaction
from core.sealed import Seal
from core.time import now
from experience.asks.models import Mood, Note
from experience.asks.say import say_how_it_goes
from experience.journey import Phase, Step
from experience.record.models import Event
from experience.record.observe import Scene, event_row
from portal.account.models import Role, User
from portal.account.sessions import begin_session
from tests.factories import People, csrf_of


def happened(step: Step, phase: Phase, at: datetime, *, session: str | None = None, journey: str | None = None,
             **more: Any) -> dict[str, Any]:
    """The row of an event; give a list of them to `write`."""
    here = Scene(session_id=session, actor="member")
    return event_row(step, phase, scene_=here, at=at, journey_id=journey or session, **more)


def write(*rows: dict[str, Any]) -> None:
    """Put events into the log."""
    with transaction():
        db.session.execute(insert(Event), list(rows))


def log(step: Step | None = None) -> list[Event]:
    """All events, or a step's, in order."""
    query = select(Event).order_by(Event.time, Event.id)
    return list(db.session.scalars(query if step is None else query.where(Event.step == str(step))))


def phases(step: Step | None = None) -> list[str]:
    """What became of a step, in order."""
    return [event.phase for event in log(step)]


def a_note(site: Flask, *, member: Any = None, step: Step = Step.PICKUP_UNLOCK, mood: Mood = Mood.BAD,
           words: str = "", at: datetime | None = None, **facts: Any) -> Note:
    """Something said."""
    seal: Seal = site.extensions["adapters"].seal
    return say_how_it_goes(member=member, step=step, mood=mood, words=words, trip=None, facts=facts, seal=seal,
                           now=at or now())


def browser_of(site: Flask, user: User) -> FlaskClient:
    """A browser in which the user is signed in."""
    client = site.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begin_session(user, remember=False, device="test")
        cookie["_fresh"] = True
    return client


def staff_browser(site: Flask, role: Role = Role.CX, name: str = "Mara Lind") -> FlaskClient:
    """A browser of somebody of the staff."""
    with site.app_context():
        return browser_of(site, People().staff(role, name))


def press(client: FlaskClient, seen: str, path: str, /, **fields: Any) -> Any:
    """Send a form that was seen on a page, with that page's token."""
    return client.post(path, data={"csrf_token": csrf_of(client.get(seen).text), **fields})


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
