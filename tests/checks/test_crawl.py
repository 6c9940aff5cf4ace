"""Checks 3, 22 and 29: every page of every role, with hostile words in every column that people type into.

Each column's words name the column, so the same crawl says which role is shown what of others. After a deliberate change:
`UPDATE_FIELDS=1 pytest tests/checks/test_crawl.py` writes fields.csv anew; look at the difference before you commit it.
"""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.database import db
from portal.licence.models import Licence
from tests.browser.city import CHROMIUM_FLAGS, chromium
from tests.checks.doors import House, Markup, a_house
from tests.checks.hostile_words import ITS_ANSWER, MARK, PAYLOADS, plant, typed_columns, would_run
from tests.conftest import SOAK

pytestmark = [pytest.mark.one_database, pytest.mark.long]
TABLE = Path(__file__).with_name("fields.csv")
ROLES = ("anon", "member", "fleet", "cx", "support", "finance", "reviewer", "admin")
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


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(request, tmp_path_factory.mktemp("crawl")) as made:
        yield made


def _crawl(house: House, under: str = "/") -> list[Shown]:
    found = []
    for rule in house.rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith(under) or rule.rule.startswith(("/assets/", "/map/")):
            continue
        for who in ROLES:
            if house.lets_in(rule, who):
                answer = house.browsers[who].get(house.address(rule))
                found.append(Shown(who, rule.rule, answer.status_code, answer.mimetype, answer.data.decode("utf-8", "replace"),
                                   answer.headers["Content-Security-Policy"]))
    return found


@pytest.fixture(scope="module")
def crawled(house: House) -> list[Shown]:
    """Everything that everybody is shown, in as many rounds as there is time for."""
    seal, pages = house.app.extensions["adapters"].seal, []
    for at in ROUNDS:
        assert plant(at, seal) > 40
        db.session.rollback()
        pages += _crawl(house)
    return pages


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


@pytest.mark.check("fields")
def test_each_role_is_shown_of_what_people_typed_what_the_list_allows(crawled):
    seen = defaultdict(set)
    for page in crawled:
        for column in MARK.findall(page.text):
            seen[column].add(page.who)
    table = [["column", "shown to"],
             *([column, " ".join(who for who in ROLES if who in seen[column])] for column in sorted(seen))]
    if os.environ.get("UPDATE_FIELDS"):
        with TABLE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
    with TABLE.open(newline="") as file:
        assert table == list(csv.reader(file)), "see the first lines of this file"


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
