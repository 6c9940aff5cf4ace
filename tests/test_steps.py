"""Every step is recorded from a real source or stands in the list of those to come; every route is a step or says why not."""

import ast
import csv
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from config import ROOT
from experience.journey import STEPS, Phase, Step
from experience.record import registry
from experience.record.facts import FACTS, one_of, unregistered
from experience.record.not_yet import NOT_YET
from experience.record.observe import Seen, UnknownFact, check_facts
from fleet.cars.models import CarClass
from fleet.telematics.port import Action
from portal.account.models import Plan
from portal.billing.notices.models import NoticeKind
from portal.web.page import declared_of
from reservations.booking.models import Waiver
from reservations.fuel.models import PaidBy
from reservations.search.forms import VIEWS

EXEMPT = Path(__file__).with_name("exempt.csv")
ROOMS = ("experience", "fleet", "portal", "reservations")
RECORDERS = {"observe", "Seen", "page", "this_is", "also_seen", "Kind", "note_effect"}
STAFF = {"fleet", "cx", "support", "reviewer", "finance", "admin"}


# Steps.

def _steps_in(node: ast.AST) -> Iterator[Step]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Step":
            yield Step[part.attr]


def _shown_whole(node: ast.Call) -> bool:
    return any(word.arg == "whole" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
               for word in node.keywords)


def _recorded(*, ends: bool = False) -> set[Step]:
    """Steps that are given to something that records them, or that a function `step_of` gives; `ends`: not as a page opened."""
    found: set[Step] = set()
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "journey.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RECORDERS:
                if ends and node.func.id in ("page", "this_is") and not _shown_whole(node):
                    continue
                for given in [*node.args, *(word.value for word in node.keywords)]:
                    found |= set(_steps_in(given))
            elif isinstance(node, ast.FunctionDef) and node.name == "step_of":
                found |= set(_steps_in(node))
            elif (isinstance(node, ast.Assign)
                  and [getattr(target, "id", "") for target in node.targets] in (["STEP"], ["STEPS"])):
                found |= set(_steps_in(node))  # handed to one of them by name
    return found


def test_every_step_is_recorded_somewhere_or_stands_in_the_list_of_those_to_come() -> None:
    assert set(STEPS) - _recorded() == set(NOT_YET)


def test_every_step_that_is_recorded_comes_to_an_end_somewhere() -> None:
    assert _recorded(ends=True) == set(STEPS) - set(NOT_YET), "these are only entered: nothing says what became of them"


def test_what_is_to_come_names_the_part_of_the_plan_that_brings_it() -> None:
    assert {re.match(r"step [456] of 6, ", when) is not None for when in NOT_YET.values()} == {True}


# Event types and facts.

def test_every_step_and_phase_is_a_registered_type_with_a_schema() -> None:
    assert registry.TYPES.keys() == {(step, phase) for step in Step for phase in Phase}
    for step in Step:
        version = registry.VERSIONS.get(step, 1)
        schema = registry.schema_of(str(step), version)
        assert schema["$id"] == registry.ADDRESSES[step] == f"/schemas/{step}/{version}"
        assert schema["properties"]["type"]["enum"] == [registry.TYPES[step, phase] for phase in Phase]


def test_every_fact_that_a_step_declares_is_registered() -> None:
    assert unregistered({name for declared in STEPS.values() for name in declared.allowed_facts}) == set(), (
        "say in experience/record/facts.py what kind of fact it is")


@pytest.mark.parametrize(("name", "value"), [
    ("car_id", "7"), ("car_id", 0), ("car_id", True), ("lot_id", 1.5), ("plan", "Ada Okafor"), ("plan", "ada@example.com"),
    ("fields", "Ada Okafor"), ("fields", "ada@example.com"), ("car_class", "limousine"), ("status", -1)])
def test_facts_are_ids_numbers_and_codes_of_closed_lists(name: str, value: object) -> None:
    with pytest.raises(UnknownFact):
        check_facts(Step.BOOK_CONFIRM, {name: value})


def test_a_fact_that_nobody_registered_carries_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FACTS, "waiver")
    check_facts(Step.BOOK_CONFIRM, {"waiver": 3})
    with pytest.raises(UnknownFact):
        check_facts(Step.BOOK_CONFIRM, {"waiver": "plus"})


def test_an_event_names_registered_objects_only() -> None:
    seen = Seen(Step.BOOK_CONFIRM, None, None)
    with pytest.raises(registry.UnknownType):
        seen.about("street", "12 State Street", "at")


@pytest.mark.parametrize(("name", "codes"), [
    ("car_class", CarClass), ("plan", Plan), ("waiver", Waiver), ("action", Action), ("paid_by", PaidBy), ("view", VIEWS),
    ("about", Step), ("cost", NoticeKind)])
def test_the_closed_lists_are_those_of_the_rooms_that_own_the_codes(name: str, codes: object) -> None:
    assert FACTS[name].schema["enum"] == sorted(str(code) for code in codes)  # type: ignore[attr-defined]


def test_what_was_published_of_a_schema_still_holds() -> None:
    """A new fact is welcome, and published; one that is gone or of another kind needs a new version in registry.VERSIONS.

    `UPDATE_SCHEMAS=1 pytest tests/test_steps.py` writes what is new into experience/record/published.json.
    """
    assert registry.broken() == []
    if os.environ.get("UPDATE_SCHEMAS"):
        registry.publish()
    assert registry.unpublished() == [], "UPDATE_SCHEMAS=1 pytest tests/test_steps.py publishes these"


def _lose_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, Step.BOOK_CONFIRM, replace(STEPS[Step.BOOK_CONFIRM], facts=frozenset({"price_cents"})))


def _take_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, "waiver", one_of("plus", "premium"))


def _tell_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.BROWSER["vitals"], "lcp_ms", {"type": "string"})


def _name_fewer_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "OBJECTS", registry.OBJECTS - {"trip"})


@pytest.mark.parametrize("change", [_lose_a_fact, _take_less, _tell_another_kind, _name_fewer_objects])
def test_a_schema_that_takes_something_away_fails_without_a_new_version(monkeypatch: pytest.MonkeyPatch,
                                                                        change: Callable[[pytest.MonkeyPatch], None]) -> None:
    before = registry.PUBLISHED.read_text()
    change(monkeypatch)
    assert registry.broken() != []
    with pytest.raises(registry.BrokenSchema):
        registry.publish()
    assert registry.PUBLISHED.read_text() == before


def test_with_a_new_version_it_may_and_the_old_one_stays_readable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "published.json"
    copy.write_text(registry.PUBLISHED.read_text())
    monkeypatch.setattr(registry, "PUBLISHED", copy)
    _lose_a_fact(monkeypatch)
    monkeypatch.setitem(registry.VERSIONS, Step.BOOK_CONFIRM, 2)
    assert registry.broken() == []
    assert registry.unpublished() == ["book.confirm/2"]
    registry.publish()
    assert "waiver" in registry.published("book.confirm/1")
    assert "waiver" not in registry.published("book.confirm/2")


def test_a_schema_is_served_at_the_address_that_events_name(visitor) -> None:
    for address in ("/schemas/book.confirm/1", "/schemas/browser.vitals/1"):
        served = visitor.get(address)
        assert (served.status_code, served.json["$id"]) == (200, address)
        assert served.mimetype == "application/schema+json"
    for address in ("/schemas/book.confirm/2", "/schemas/nothing/1", "/schemas/browser.mood/1"):
        assert visitor.get(address).status_code == 404


# Routes.

def _rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)


def test_every_route_is_a_step_or_says_why_it_is_none(shared_app: Flask) -> None:
    for rule in _rules(shared_app):
        declared = declared_of(shared_app, rule.endpoint)
        assert declared is not None, f"{rule.rule} declares nothing: put @page above it"
        assert (declared.step is None) == bool(declared.exempt), rule.rule


def test_a_route_without_step_or_exemption_cannot_be_declared() -> None:
    from portal.web.page import ANYONE, page
    with pytest.raises(ValueError, match="names its step"):
        page(who=ANYONE)
    with pytest.raises(ValueError, match="names its step"):
        page(Step.BOOK_CONFIRM, who=ANYONE, exempt="both")


def test_every_exemption_from_the_journey_of_members_is_a_sentence_that_somebody_has_read(shared_app: Flask) -> None:
    """`UPDATE_EXEMPT=1 pytest tests/test_steps.py` writes tests/exempt.csv anew; read the difference before you commit it."""
    found = [[rule.rule, rule.endpoint, declared.exempt] for rule in _rules(shared_app)
             if (declared := declared_of(shared_app, rule.endpoint)) and declared.exempt and not declared.who.roles & STAFF]
    if os.environ.get("UPDATE_EXEMPT"):
        with EXEMPT.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(found)
    with EXEMPT.open(newline="") as file:
        assert found == list(csv.reader(file))
    for rule, _endpoint, why in found:
        assert len(why.split()) >= 5, (rule, why)


def test_desks_are_exempt_for_one_reason_each(shared_app: Flask) -> None:
    """A page of the staff's is on nobody's journey, and says so; one that has a step is a member's too."""
    for rule in _rules(shared_app):
        declared = declared_of(shared_app, rule.endpoint)
        if declared is not None and declared.who.roles and declared.who.roles <= STAFF:
            assert declared.step is None, rule.rule
            assert len(declared.exempt.split()) >= 5, (rule.rule, declared.exempt)
