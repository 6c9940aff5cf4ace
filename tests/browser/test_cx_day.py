"""A working day of the CX team by keyboard alone: forty notes, contacts and cases, each to an outcome that its member sees."""

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import PASSWORD, City, running_city
from tests.browser.conftest import DESKTOP, open_context, sign_in
from tests.browser.day import Made, fill
from tests.browser.test_keyboard import enter, tab_to, type_code

pytestmark = pytest.mark.long
NOTHING_LEFT = re.compile("Well done")


@pytest.fixture
def morning(built: Path, tmp_path: Path) -> Iterator[tuple[City, Made]]:
    """A city of its own with forty things that wait: what is done here changes no other test's."""
    home = tmp_path / "city"
    shutil.copytree(built, home)
    made = fill(home)
    with running_city(home) as city:
        yield city, made


def begins(page: Page, email: str) -> None:
    """Sign in, and be at the desk."""
    page.goto("/sign-in")
    tab_to(page, "E-mail")
    page.keyboard.type(email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    enter(page)
    type_code(page)
    if "/experience" not in page.url:  # who has several desks chooses
        tab_to(page, "Today")
        enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")


def goes_to(page: Page, place: str, group: str = "") -> None:
    """By the links over every page of the desk; some lie in a group that opens."""
    if group:
        tab_to(page, group)
        page.keyboard.press("Enter")
    tab_to(page, place)
    enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(place)


def listens(page: Page) -> None:
    """The page's keys are there: a key pressed while its scripts still load is nobody's."""
    expect(page.locator("[data-bound~=desk_keys]").first).to_be_attached()


def presses(page: Page, key: str) -> None:
    """One key, which leads to a page."""
    listens(page)
    with page.expect_navigation():
        page.keyboard.press(key)
    listens(page)


def says(page: Page, words: str, send: str = "ControlOrMeta+Enter") -> None:
    """Into the field that has the focus, and off with it."""
    expect(page.locator("textarea:focus")).to_be_attached()
    page.keyboard.type(words)
    presses(page, send)


def until_nothing_is_left(page: Page, handle: Callable[[Page], None], *, beside: Page | None = None, told: str = "") -> bool:
    """One after the other by the key `n`, as the desk deals them out; whether one of them was open `beside` as well."""
    met = False
    for _item in range(60):
        presses(page, "n")
        if page.get_by_text(NOTHING_LEFT).count():
            return met
        if beside is not None and not met and page.url == beside.url:
            two_on_one(page, beside, told=told)
            met = True
        else:
            handle(page)
    raise AssertionError(f"the desk deals out more than there is: {page.url}")


class Words:
    """What is typed: each thing once, so that it is found again."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._numbers = count(1)

    def __call__(self) -> str:
        self.said.append(f"We look into it today, answer {next(self._numbers)}.")
        return self.said[-1]


def answers_note(page: Page, words: Words) -> None:
    """A visitor's note has nobody to answer: it is closed."""
    if page.get_by_text("Nobody to answer.").count():
        page.keyboard.press("s")
        page.keyboard.type("Closed")
        presses(page, "ControlOrMeta+Enter")
        return
    page.keyboard.press("r")
    says(page, words())
    expect(page.get_by_text("Your answer is on its way")).to_be_visible()


def answers_conversation(page: Page, words: Words) -> None:
    """Whoever wants a call is called; everybody else is written to."""
    if page.get_by_role("button", name="Reached", exact=True).count():
        presses(page, "c")
        presses(page, "s")
        return
    page.keyboard.press("r")
    says(page, words(), "ControlOrMeta+Shift+Enter")
    expect(page.get_by_text("Your answer is on its way, and it is solved.")).to_be_visible()


def closes_case(page: Page, words: Words) -> None:
    """Brought to its outcome on the one screen; every third that is nobody's yet is taken and answered before."""
    if len(words.said) % 3 == 0 and page.get_by_role("button", name="Take it", exact=True).count():
        presses(page, "t")
        page.keyboard.press("r")
        says(page, words())
    brings_to_an_end(page, words)


def brings_to_an_end(page: Page, words: Words) -> None:
    page.keyboard.press("s")
    expect(page.locator("select:focus")).to_be_attached()
    page.keyboard.type("Made good")
    page.keyboard.press("Tab")
    page.keyboard.type("Our people")
    page.keyboard.press("Tab")
    says(page, words())
    expect(page.get_by_text("Closed. The member reads the outcome")).to_be_visible()


def two_on_one(mine: Page, hers: Page, *, told: str) -> None:
    """Both have it open and write; the second is told who was faster, has every word still, and may go on with them."""
    hers.keyboard.press("r")
    hers.keyboard.type("I know this one.")
    mine.keyboard.press("r")
    says(mine, "I was faster.")
    presses(hers, "ControlOrMeta+Enter")
    expect(hers.get_by_text(told).first).to_be_visible()
    expect(hers.get_by_text("I was faster.").first).to_be_visible()
    expect(hers.locator("textarea").first).to_have_value("I know this one.")
    hers.keyboard.press("r")
    presses(hers, "ControlOrMeta+Enter")
    expect(hers.get_by_text("Your answer is on its way").first).to_be_visible()


def rows(city: City, query: str, *told: object) -> list[tuple[object, ...]]:
    """What the city's database says."""
    with closing(sqlite3.connect(city.home / "roundtrip.sqlite", timeout=30)) as database:
        return database.execute(query, told).fetchall()


def have_their_outcome(city: City, made: Made) -> None:
    """All forty stand at their end, and what came of each of them lies in its member's inbox."""
    notes, conversations, cases = (made[name] for name in ("notes", "conversations", "cases"))
    assert _ends(city, "SELECT status FROM notes WHERE id IN (SELECT value FROM json_each(?))", notes) == {("answered",)}
    assert _ends(city, "SELECT status FROM conversations WHERE id IN (SELECT value FROM json_each(?))",
                 conversations) == {("solved",)}
    assert _ends(city, "SELECT state, outcome FROM cases WHERE id IN (SELECT value FROM json_each(?))",
                 cases) == {("closed", "made_good")}
    wanted = {("note_reply", each) for each in notes} | {("case_closed", str(UUID(each))) for each in cases}
    until = time.monotonic() + 20
    while wanted - _told(city) and time.monotonic() < until:
        time.sleep(0.3)
    assert wanted <= _told(city)


def _told(city: City) -> set[tuple[str, str]]:
    found = rows(city, "SELECT kind, facts FROM messages WHERE kind IN ('note_reply', 'case_closed')")
    return {(str(kind), str(json.loads(str(facts)).get("note_id") or json.loads(str(facts)).get("case_id")))
            for kind, facts in found}


def _ends(city: City, query: str, ids: list[str]) -> set[tuple[object, ...]]:
    return set(rows(city, query, json.dumps(ids)))


def sees_what_came_of_it(page: Page, city: City, email: str, words: Words) -> None:
    """The member's own pages: what was answered, what was solved, how the case ended."""
    sign_in(page, email)
    page.goto("/inbox")
    for subject in ("We answered", "What came of your trouble"):
        expect(page.get_by_text(re.compile(subject)).first).to_be_visible()
    (message_id,) = rows(city, """SELECT messages.id FROM messages JOIN members ON members.id = messages.member_id
        JOIN users ON users.id = members.user_id WHERE users.email = ? AND kind = 'case_closed'""", email)[0]
    page.goto(f"/inbox/{UUID(str(message_id))}")
    letter = page.get_by_role("main").inner_text()
    assert "Made good" in letter
    assert any(each in letter for each in words.said)


def test_a_working_day_brings_forty_things_to_an_outcome_that_their_members_see(browser: Browser,
                                                                                 morning: tuple[City, Made]) -> None:
    city, made = morning
    assert sum(len(each) for each in made.values()) == 40
    mine, hers, street = (open_context(browser, city, DESKTOP) for _who in range(3))
    page, colleague, words = mine.new_page(), hers.new_page(), Words()
    begins(page, "cx@example.com")
    begins(colleague, "admin@example.com")

    for each in (page, colleague):
        goes_to(each, "Feedback")
    presses(colleague, "n")
    met = until_nothing_is_left(page, lambda at: answers_note(at, words), beside=colleague, told="is looking after this note.")
    assert met, "what is nobody's yet is dealt out to both"

    for each in (page, colleague):
        goes_to(each, "Cases", "Work")
    presses(colleague, "n")
    met = until_nothing_is_left(page, lambda at: closes_case(at, words), beside=colleague, told="is looking after this case.")
    assert met, "what is nobody's yet is dealt out to both"
    brings_to_an_end(colleague, words)

    goes_to(page, "Help desk")
    until_nothing_is_left(page, lambda at: answers_conversation(at, words))

    have_their_outcome(city, made)
    sees_what_came_of_it(street.new_page(), city, "rider0003@example.com", words)
    for context in (mine, hers, street):
        context.close()
