"""Taking in what a browser told of a page: what fits its schema is kept once, the rest is put aside and counted."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, transaction
from core.time import now, wall_now
from experience.journey import Step
from experience.record.models import BrowserEvent, QuarantinedEvent
from experience.record.observe import APP_VERSION
from experience.record.pids import pid_of
from experience.record.registry import BROWSER, BROWSER_VERSION, browser_address, browser_type, what_is_wrong

MOST_EVENTS = 20  # of one beacon; static/js/beacon.js sends no more
MOST_BODY = 1000
OLDEST = timedelta(hours=24)  # a page may stand open for a day before it is left
SOURCE = "/roundtrip/browser"
_events = BrowserEvent.__table__
_KEEP = {"postgresql": postgresql.insert(_events).on_conflict_do_nothing(index_elements=["source", "id"]),
         "sqlite": sqlite.insert(_events).on_conflict_do_nothing(index_elements=["source", "id"])}


@dataclass(frozen=True, slots=True)
class PageTold:
    """The page that a beacon is about, as we signed it when we sent the page: nothing of it is the browser's word."""

    step: Step
    visit: str
    trace: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a beacon's events."""

    kept: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Told:
    """A beacon as it was read: how old its events are by its own count, and how far its clock is off."""

    sent: float
    offset_ms: int
    events: list[Any]


def take_beacon(*, page: PageTold, visit: str | None, member_id: int | None, trip_id: int | None, body: str,
                is_demo: bool = False) -> Taken:
    """Keep what fits; put aside what does not, and everything of a page that was sent to another visit than this one.

    Whose it is says the session (`visit`, `member_id`) and never the body. The same (source, id) again changes nothing.
    """
    at = wall_now()
    told = read_beacon(body, at)
    if isinstance(told, str):
        return _put_aside(page, [(told, None)], at)
    if page.visit != visit:
        return _put_aside(page, [("other_visit", event) for event in told.events[:MOST_EVENTS]], at)
    good, bad = [], []
    for event in told.events[:MOST_EVENTS]:
        wrong = _wrong(event)
        if wrong is None:
            good.append(event)
        else:
            bad.append((wrong, event))
    if len(told.events) > MOST_EVENTS:
        bad.append(("too_many", None))
    with transaction():
        if good:
            journey = str(pid_of("trip", trip_id)) if trip_id else page.visit
            who = pid_of("member", member_id) if member_id else None
            db.session.execute(_KEEP[db.engine.dialect.name],
                               [_row(event, page, told, journey, who, at, is_demo) for event in good])
        return Taken(len(good), _put_aside(page, bad, at).quarantined)


def read_beacon(body: str, at: datetime) -> Told | str:
    """What the body says, or why it says nothing. The browser's clock is written down and used for nothing."""
    try:
        said = json.loads(body)
        sent, clock, events = float(said["sent"]), float(said["clock"]), said["events"]
        offset = round(clock - at.timestamp() * 1000)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return "unreadable"
    if not isinstance(events, list) or not events or not 0 <= sent <= 604_800_000 or abs(offset) >= 2**53:
        return "misshapen"
    return Told(sent, offset, events)


def _wrong(event: Any) -> str | None:
    if not isinstance(event, dict) or str(event.get("kind")) not in BROWSER:
        return "unknown_type"
    return what_is_wrong(f"browser.{event['kind']}", BROWSER_VERSION, event)


def _row(event: dict[str, Any], page: PageTold, told: Told, journey: str, who: UUID | None, at: datetime,
         is_demo: bool) -> dict[str, Any]:
    ago = min(timedelta(milliseconds=max(0.0, told.sent - event["at"])), OLDEST)
    return {
        "source": f"{SOURCE}/{page.visit}", "id": UUID(event["id"]), "type": browser_type(event["kind"]), "kind": event["kind"],
        "dataschema": browser_address(event["kind"]), "time": now() - ago, "recorded_at": at, "clock_offset_ms": told.offset_ms,
        "step": str(page.step), "session_id": page.visit, "trace_id": page.trace, "journey_id": journey, "member_pid": who,
        "facts": event["facts"], "app_version": APP_VERSION, "is_demo": is_demo,
    }


def _put_aside(page: PageTold, bad: Iterable[tuple[str, Any]], at: datetime) -> Taken:
    rows = [{"at": at, "source": f"{SOURCE}/{page.visit}", "step": str(page.step), "reason": reason, "body": shape_of(event)}
            for reason, event in bad]
    if rows:
        with transaction():
            db.session.execute(insert(QuarantinedEvent), rows)
    return Taken(0, len(rows))


def shape_of(event: Any) -> str:
    """An event without a word in it: names that the registry knows, numbers, and of anything else only what kind it is."""
    return json.dumps(_shape(event, 0), sort_keys=True)[:MOST_BODY]


def _shape(said: Any, depth: int) -> Any:
    match said:
        case dict() if depth < 3:
            known = {key: _shape(value, depth + 1) for key, value in said.items() if key in _NAMES}
            return known | ({"others": len(said) - len(known)} if len(known) < len(said) else {})
        case bool() | int() | None if said is None or abs(said) < 10**9:  # long numbers may be somebody's telephone
            return said
        case str() if said in _CODES:
            return said
        case str() | list() | dict():
            return f"{type(said).__name__} of {len(said)}"
    return type(said).__name__


_NAMES = frozenset({"id", "kind", "at", "facts", *(name for facts in BROWSER.values() for name in facts)})
_CODES = frozenset({*BROWSER, *(code for facts in BROWSER.values() for schema in facts.values()
                                for code in schema.get("enum", ()))})
