"""Checks 3, 22 and 29: every page of every role, with hostile words in every column that people type into.

Each column's words name the column, so the same crawl says which role is shown what of others; and of every answer in JSON the
names of its fields. After a deliberate change: `UPDATE_FIELDS=1 pytest tests/checks/test_crawl.py` writes fields.csv and
json_fields.csv anew; look at the difference before you commit it.
"""

import csv
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.database import db
from portal.account.models import UserRole
from portal.api.models import Scope
from portal.billing.payers.payer_of import let_pay
from portal.licence.models import Licence
from portal.web.page import declared_of
from tests.browser.city import CHROMIUM_FLAGS, chromium
from tests.checks.doors import House, Markup, a_house
from tests.checks.hostile_words import ITS_ANSWER, MARK, PAYLOADS, plant, typed_columns, would_run
from tests.checks.private_facts import plant_private, secrets
from tests.conftest import SOAK
from tests.factories import NOON
from tests.portal.api.machines import machine_of

pytestmark = [pytest.mark.one_database, pytest.mark.long]
TABLE, JSON_TABLE = Path(__file__).with_name("fields.csv"), Path(__file__).with_name("json_fields.csv")
NONE = ": none"
ROLES = ("anon", "member", "fleet", "cx", "support", "finance", "reviewer", "admin")
SAYS_ITSELF = ("/api/v1/openapi.json", "/schemas/")  # documents of our own, whose names are what they are about
ASKED = {"/api/v1/cars": {"near": "Logan Square", "limit": 2}}  # where the address alone asks nothing
ROUNDS = range(0, len(PAYLOADS), 3) if SOAK else (0,)  # in each round every column has another payload


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as somebody got it."""

    who: str
    rule: str
    status: int
    kind: str
    text: str
    policy: str
    own: int | None = None  # the number of whoever reads it


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(request, tmp_path_factory.mktemp("crawl")) as made:
        yield made


def _crawl(house: House, under: str = "/") -> list[Shown]:
    found = []
    own = {str(role): user_id for role, user_id in db.session.execute(select(UserRole.role, UserRole.user_id))}
    own["member"] = house.ada.user_id
    for rule in house.rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith(under) or rule.rule.startswith(("/assets/", "/map/")):
            continue
        for who in ROLES:
            if house.lets_in(rule, who):
                answer = house.browsers[who].get(house.address(rule))
                found.append(_shown(who, rule.rule, answer, own.get(who)))
    return found


def _shown(who: str, rule: str, answer: Any, own: int | None) -> Shown:
    return Shown(who, rule, answer.status_code, answer.mimetype, answer.data.decode("utf-8", "replace"),
                 answer.headers["Content-Security-Policy"], own)


def _told_to_machines(house: House) -> list[Shown]:
    """What the API tells a program of Ada's, with a token that may do everything. A business has come to pay for her trips."""
    let_pay(payer_id=int(house.objects["payer_id"]), member_id=house.ada.id, at=NOON)
    machine = machine_of(house.app, house.ada, house.clock, *Scope)
    headers, found = {"Authorization": f"Bearer {machine.token}"}, []
    for rule in house.rules():
        declared = declared_of(house.app, rule.endpoint)
        if "GET" in (rule.methods or ()) and declared is not None and declared.by_token is not None:
            answer = machine.send("GET", house.address(rule), headers=headers, query_string=ASKED.get(rule.rule))
            found.append(_shown("machine", rule.rule, answer, house.ada.user_id))
    return found


@pytest.fixture(scope="module")
def crawled(house: House) -> list[Shown]:
    """Everything that everybody is shown, in as many rounds as there is time for."""
    seal, pages = house.app.extensions["adapters"].seal, []
    house.known |= plant_private(seal)
    for at in ROUNDS:
        assert plant(at, seal) > 40
        db.session.rollback()
        pages += _crawl(house)
    return pages + _told_to_machines(house)


def test_there_are_two_hundred_hostile_words_and_every_typed_column_gets_some():
    assert len(set(PAYLOADS)) >= 200
    assert len(typed_columns()) > 50


@pytest.mark.check("xss", "ssti")
def test_no_page_breaks_over_hostile_words(crawled):
    assert sum(page.status == 200 for page in crawled) > 200
    assert {(page.rule, page.who) for page in crawled if page.status >= 500} == set()


@pytest.mark.check("xss")
def test_what_people_typed_is_run_on_no_page(crawled):
    shown = [page for page in crawled if page.kind == "text/html"]
    assert sum(bool(MARK.search(page.text)) for page in shown) > 50
    assert {(page.rule, page.who): run for page in shown if (run := would_run(page.text))} == {}


@pytest.mark.check("ssti")
def test_what_people_typed_is_no_template(crawled):
    assert {(page.rule, page.who) for page in crawled if ITS_ANSWER in page.text} == set()


def _columns_on(page: Shown, known: dict[str, re.Pattern[str]]) -> set[str]:
    """The columns of which a page shows something, but for the reader's own name and address, which stand on every page."""
    marked = {mark for mark in MARK.findall(page.text) if mark not in (f"users.name{page.own}", f"users.email{page.own}")}
    return {mark.rstrip("0123456789") for mark in marked} | {name for name, look in known.items() if look.search(page.text)}


def _as_written(table: list[list[str]], path: Path) -> list[list[str]]:
    """What the checked-in list says; a new one is written first when that is asked for."""
    if os.environ.get("UPDATE_FIELDS"):
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.check("fields")
def test_each_role_is_shown_of_what_is_peoples_own_what_the_list_allows(house, crawled):
    seen = defaultdict(set)
    for page in crawled:
        for column in _columns_on(page, house.known):
            seen[column].add(page.who)
    table = [["column", "shown to"],
             *([column, " ".join(who for who in (*ROLES, "machine") if who in seen[column])] for column in sorted(seen))]
    assert table == _as_written(table, TABLE), "see the first lines of this file"


def _names(said: Any, before: str = "") -> set[str]:
    """The names of all fields, with those around them: "items[].car.id"; of an empty list "items[]: none"."""
    if isinstance(said, list):
        return {name for one in said for name in _names(one, f"{before}[]")} or {f"{before}[]{NONE}"}
    if isinstance(said, dict):
        return {name for key, one in said.items() for name in _names(one, f"{before}.{key}".lstrip("."))}
    return {before}


@pytest.mark.check("fields")
def test_an_answer_in_json_has_for_each_role_the_fields_that_the_list_allows(crawled):
    seen = defaultdict(set)
    for page in crawled:
        if page.kind.endswith("json") and page.status == 200 and not page.rule.startswith(SAYS_ITSELF):
            for name in _names(json.loads(page.text)):
                seen[page.rule, name].add(page.who)
    untold = {(rule, name) for rule, name in seen if name.endswith(NONE) and not any(
        other == rule and told.startswith(name.removesuffix(NONE)) and told != name for other, told in seen)}
    assert untold == set(), "a list that is empty tells no field: give Ada one of them"
    told = {each: " ".join(who for who in (*ROLES, "machine") if who in seen[each]) for each in sorted(seen)
            if not each[1].endswith(NONE)}
    table = [["rule", "field", "told to"], *([*each, roles] for each, roles in told.items())]
    assert len(table) > 50
    assert table == _as_written(table, JSON_TABLE), "see the first lines of this file"


@pytest.mark.check("fields")
def test_no_hash_key_or_sealed_word_is_shown_to_anybody(crawled):
    hidden = secrets()
    assert len(set(hidden.values())) > 10
    which = re.compile("|".join(map(re.escape, hidden)))
    assert {(page.rule, page.who, hidden[found]) for page in crawled for found in which.findall(page.text)} == set()


@pytest.mark.check("fields")
def test_nothing_of_a_licence_is_shown_to_the_cx_team_support_or_finance(crawled):
    seen = {(page.who, column) for page in crawled for column in MARK.findall(page.text)
            if column.startswith(f"{Licence.__tablename__}.")}
    assert ("reviewer", "licences.number_sealed") in seen
    assert {who for who, _column in seen} <= {"member", "reviewer", "admin"}
    assert not [page for page in crawled if "/licence/pictures/" in page.text and page.who not in ("member", "reviewer")]


def _card_fields(page: str) -> list[str]:
    """Fields for a card's number, and scripts that are not ours."""
    return [tag for tag, given in Markup(page).tags if given.get("autocomplete", "").startswith("cc-")
            or (tag == "input" and re.search(r"pan|cvc|cvv|card_?number", given.get("name", "")))
            or (tag == "script" and not given.get("src", "/").startswith("/"))]


@pytest.mark.check("saqa")
def test_no_page_asks_for_a_cards_number_or_has_a_script_of_others(crawled):
    assert {page.rule for page in crawled if page.kind == "text/html" and _card_fields(page.text)} == set()
    assert len(_card_fields('<input name="cvc"><script src="https://pay.example/x.js"></script>')) == 2


@pytest.mark.skipif(not SOAK, reason="a thousand pages in Chromium: SOAK=1")
@pytest.mark.check("xss")
def test_chromium_runs_nothing_of_it_either(crawled):
    from playwright.sync_api import sync_playwright

    ran = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda line: ran.append(line.text) if "Content Security Policy" in line.text else None)
        now: dict[str, Shown] = {}
        page.route("**/*", lambda route: route.fulfill(
            body=now["page"].text, content_type="text/html", headers={"Content-Security-Policy": now["page"].policy})
            if route.request.is_navigation_request() else route.abort())
        for shown in crawled:
            if shown.kind == "text/html":
                now["page"] = shown
                page.goto("http://localhost:1/", wait_until="domcontentloaded")
        browser.close()
    assert ran == []


@pytest.mark.check("xss")
def test_the_crawl_sees_what_is_not_escaped(house, crawled, monkeypatch):
    monkeypatch.setattr(house.app.jinja_env, "autoescape", False)
    house.app.jinja_env.cache.clear()
    try:
        assert any(would_run(page.text) for page in _crawl(house, "/account/"))
    finally:
        house.app.jinja_env.cache.clear()


@pytest.mark.check("ssti")
def test_the_crawl_sees_what_is_run_as_a_template(house):
    assert ITS_ANSWER in house.app.jinja_env.from_string("{{31337*3}}").render()
