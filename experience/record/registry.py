"""The registry of event types: every step and phase, and what browsers tell, each with its schema and its version.

An additive change (a new fact) keeps the version. A change that old readers would stumble over gets a new one in VERSIONS; what
was published stays readable in published.json.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from experience.journey import STEPS, Phase, Step
from experience.record.facts import COUNT, FACTS, fact_of, one_of

VERSIONS: dict[Step, int] = {}  # a step that is not here is at its first version
EVERY_EVENT, EVERY_EVENT_VERSION = "event", 1  # what the events of all steps have: a breach of it is one of each of them
PUBLISHED = Path(__file__).with_name("published.json")
STATIC = Path(__file__).parents[2] / "static"

# What an event may name besides the trip, and how it stands to it.
OBJECTS = frozenset({
    "trip", "car", "lot", "command", "fuel_stop", "check", "message", "payment", "refund", "dispute", "notice", "note",
    "promise", "ask", "answer", "conversation", "case", "credit", "adjustment", "card", "page"})
QUALIFIER = r"[a-z_]{1,30}"


class UnknownType(ValueError):
    """An event of a type, an object or a schema that nobody registered."""


# The events of our own steps.

ADDRESSES = {step: f"/schemas/{step}/{VERSIONS.get(step, 1)}" for step in Step}
TYPES = {(step, phase): f"roundtrip.{step}.{phase}" for step in Step for phase in Phase}


def check_object(kind: str) -> None:
    """Raise UnknownType for a kind of object that events do not name."""
    if kind not in OBJECTS:
        raise UnknownType(f"{kind!r} is no object of events: register it in experience/record/registry.py")


# What browsers tell. Milliseconds, except the shift of the layout, which is thousandths.

_SPAN: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 600_000}
_FILES = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.suffix in (".js", ".mjs"))
BROWSER: dict[str, dict[str, dict[str, Any]]] = {
    # Web vitals as web.dev defines them: largest paint, interaction to next paint, layout shift, time to first byte.
    "vitals": {"lcp_ms": _SPAN, "inp_ms": _SPAN, "cls_milli": COUNT.schema, "ttfb_ms": _SPAN},
    # Which field stopped somebody and why, in the browser's own codes; "refused" came back from us. Never what was typed.
    "field_error": {"field": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
                    "why": one_of("valueMissing", "typeMismatch", "patternMismatch", "tooLong", "tooShort", "rangeUnderflow",
                                  "rangeOverflow", "stepMismatch", "badInput", "customError", "refused").schema},
    # Back or forward to a page of the step that one is at.
    "back_track": {"way": one_of("back", "forward", "unknown").schema},
    # At least three clicks in a second within 30 px, and nothing happened on the page.
    "rage_click": {"clicks": {"type": "integer", "minimum": 3, "maximum": 100},
                   "on": one_of("button", "summary", "a", "label", "input", "select", "other").schema},
    "script_error": {"error": one_of("Error", "TypeError", "ReferenceError", "RangeError", "SyntaxError", "URIError",
                                     "other").schema,
                     "file": one_of(*_FILES).schema, "line": COUNT.schema},
}
ALL_NEEDED = frozenset(BROWSER) - {"vitals"}  # of the vitals a browser tells those it knows
BROWSER_VERSION = 1
PAINT_MS = 2500  # the largest paint that the home page promises three visits in four (journey.md)


def browser_type(kind: str) -> str:
    """The type of an event that a browser tells."""
    return f"roundtrip.browser.{kind}"


def browser_address(kind: str) -> str:
    """Where its schema is."""
    return f"/schemas/browser.{kind}/{BROWSER_VERSION}"


# Schemas, for whoever reads the events, and for us before we believe a browser.

@cache
def schema_of(name: str, version: int) -> dict[str, Any]:
    """The JSON Schema of a step's events, or of what browsers tell (`browser.…`). Raises UnknownType."""
    kind = name.removeprefix("browser.")
    if kind != name:
        if kind not in BROWSER or version != BROWSER_VERSION:
            raise UnknownType(f"there is no schema {name}/{version}")
        return _browser_schema(kind)
    if name in set(Step) and version == VERSIONS.get(Step(name), 1):
        return _step_schema(name, version, facts_now(Step(name)))
    earlier = published(f"{name}/{version}")
    if not earlier:
        raise UnknownType(f"there is no schema {name}/{version}")
    return _step_schema(name, version, earlier)


_TEXT, _MAYBE = {"type": "string"}, ["string", "null"]
_UUID = {"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_TIME = {"type": "string", "format": "date-time"}


def _step_schema(name: str, version: int, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"/schemas/{name}/{version}",
        "title": f"What becomes of the step {name}", "type": "object", "additionalProperties": False,
        "required": ["id", "source", "type", "time", "dataschema", "recorded_at", "step", "phase", "attempt", "channel",
                     "actor", "objects", "facts", "app_version", "is_demo"],
        "properties": {
            "id": _UUID, "source": _TEXT, "type": {"enum": [f"roundtrip.{name}.{phase}" for phase in Phase]},
            "subject": {"type": _MAYBE}, "time": _TIME, "dataschema": {"const": f"/schemas/{name}/{version}"},
            "recorded_at": _TIME, "member_pid": {"anyOf": [_UUID, {"type": "null"}]}, "session_id": {"type": _MAYBE},
            "trace_id": {"type": _MAYBE}, "journey_id": {"type": _MAYBE}, "step": {"const": name},
            "phase": {"enum": [str(phase) for phase in Phase]}, "attempt": {"type": "integer", "minimum": 1},
            "channel": _TEXT, "actor": {"enum": ["member", "staff", "system", "other_member"]},
            "objects": {"type": "array", "items": {
                "type": "object", "additionalProperties": False, "required": ["type", "id", "qualifier"],
                "properties": {"type": {"enum": sorted(OBJECTS)}, "id": {"type": "string", "pattern": "^[0-9a-zA-Z-]{1,60}$"},
                               "qualifier": {"type": "string", "pattern": f"^{QUALIFIER}$"}}}},
            "promise_id": {"anyOf": [_UUID, {"type": "null"}]}, "expected": {"type": ["number", "null"]},
            "actual": {"type": ["number", "null"]}, "unit": {"type": _MAYBE}, "duration_ms": {"type": ["integer", "null"]},
            "error_code": {"type": _MAYBE, "pattern": "^[A-Za-z0-9_]{1,80}$"},
            "facts": {"type": "object", "additionalProperties": False, "properties": facts},
            "experiment": {"type": _MAYBE}, "consent_version": {"type": _MAYBE}, "app_version": _TEXT,
            "is_demo": {"type": "boolean"},
        },
    }


def _browser_schema(kind: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": browser_address(kind),
        "title": f"What a browser tells: {kind}", "type": "object", "additionalProperties": False,
        "required": ["id", "kind", "at", "facts"],
        "properties": {
            "id": _UUID, "kind": {"const": kind},
            "at": {"type": "number", "minimum": 0, "maximum": 604_800_000},  # ms since the page was opened, by its own count
            "facts": {"type": "object", "additionalProperties": False, "properties": BROWSER[kind], "minProperties": 1,
                      "required": sorted(BROWSER[kind]) if kind in ALL_NEEDED else []},
        },
    }


@cache
def _validator(name: str, version: int) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name, version))


def what_is_wrong(name: str, version: int, said: Any) -> str | None:
    """Where it does not fit its schema, as a path of names of ours (never what was said); None when it fits."""
    for error in _validator(name, version).iter_errors(said):
        where = ".".join(str(part) for part in error.absolute_path if isinstance(part, int) or part in _OURS)
        return f"{error.validator}:{where}"[:80]
    return None


_OURS = frozenset({"kind", "at", "qualifier", *FACTS, *(name for facts in BROWSER.values() for name in facts),
                   *_step_schema("", 1, {})["properties"]})


def facts_now(step: Step) -> dict[str, Any]:
    """The facts of a step at its present version."""
    return {name: fact_of(name).schema for name in sorted(STEPS[step].allowed_facts)}


# What was published, by name and version (`book.confirm/1`): readers elsewhere rest on it.

class BrokenSchema(ValueError):
    """A schema takes something away that was published of this very version."""


def present() -> dict[str, dict[str, Any]]:
    """What there is to publish now: the facts of each step and of what browsers tell, and what every event has."""
    every = {f"{EVERY_EVENT}/{EVERY_EVENT_VERSION}": _step_schema("", 1, {})["properties"]}
    browsers = {f"browser.{kind}/{BROWSER_VERSION}": {name: {"type": "string"} if name == "file" else schema
                                                      for name, schema in facts.items()}  # they come and go
                for kind, facts in BROWSER.items()}
    return every | browsers | {f"{step}/{VERSIONS.get(step, 1)}": facts_now(step) for step in Step}


def published(name: str) -> dict[str, Any]:
    """What was published under a name and version; nothing for what never was."""
    return _kept().get(name, {})


def _kept() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = json.loads(PUBLISHED.read_text())
    return kept


def unpublished() -> list[str]:
    """Names and versions that `publish()` would write, or write anew."""
    kept = _kept()
    return [name for name, now in present().items() if kept.get(name) != json.loads(json.dumps(now))]


def broken() -> list[str]:
    """What readers of the published schemas would stumble over under the same version. A new fact is no such thing."""
    kept = _kept()
    return [f"{name}: {field} {'is gone' if field not in now else 'takes other values'}"
            for name, now in present().items() for field, before in kept.get(name, {}).items()
            if field not in now or not _still_takes(before, now[field])]


def _still_takes(before: Any, now: Any) -> bool:
    """Whether all that fitted once fits now; lists of codes may grow."""
    if isinstance(before, dict) and isinstance(now, dict):
        return (before.keys() == now.keys()
                and all(set(map(str, codes)) <= set(map(str, now[key])) if key == "enum" else _still_takes(codes, now[key])
                        for key, codes in before.items()))
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return all(map(_still_takes, before, now))
    return bool(before == now)


def publish() -> None:
    """Write the present versions into published.json beside the earlier ones, a line for each. Raises BrokenSchema."""
    if stumbles := broken():
        raise BrokenSchema(f"give these a new version in experience/record/registry.py: {'; '.join(stumbles)}")
    kept = _kept() | present()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(kept[name], sort_keys=True)}" for name in sorted(kept))
    PUBLISHED.write_text(f"{{\n{lines}\n}}\n")
