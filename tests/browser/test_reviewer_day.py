"""A working day of a reviewer by keyboard alone: twenty-five matters, each to an outcome that whoever it is about sees; then
the requests for the reduced tier."""

import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import PASSWORD, City, running_city
from tests.browser.conftest import DESKTOP, open_context, sign_in
from tests.browser.reviews_day import Made, fill
from tests.browser.test_cx_day import listens, presses, rows
from tests.browser.test_keyboard import enter, tab_to, type_code

pytestmark = pytest.mark.long
NOTHING_LEFT = re.compile("Well done")


@pytest.fixture
def morning(built: Path, tmp_path: Path) -> Iterator[tuple[City, Made]]:
    """A city of its own with twenty-five matters that wait."""
    home = tmp_path / "city"
    shutil.copytree(built, home)
    made = fill(home)
    with running_city(home) as city:
        yield city, made


def begins(page: Page) -> None:
    """Sign in, and be at the queue."""
    page.goto("/sign-in")
    tab_to(page, "E-mail")
    page.keyboard.type("reviewer@example.com")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    enter(page)
    type_code(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applications")


def writes(page: Page, words: str) -> None:
    """Into the sentence of the form that is open, and off with it."""
    expect(page.locator("textarea:focus")).to_be_attached()
    page.keyboard.type(words)
    presses(page, "ControlOrMeta+Enter")


def approves(page: Page, words: str) -> None:
    page.keyboard.press("a")
    writes(page, words)
    expect(page.get_by_text("Approved. The letter is on its way.")).to_be_visible()


def refuses(page: Page, words: str) -> None:
    page.keyboard.press("r")
    tab_to(page, "We cannot read")
    page.keyboard.press("Space")
    tab_to(page, "A sentence to them")
    writes(page, words)
    expect(page.get_by_text("Refused. The letter says why")).to_be_visible()


def asks_for_a_picture(page: Page, words: str) -> None:
    page.keyboard.press("p")
    expect(page.locator("select:focus")).to_be_attached()
    page.keyboard.type("Back")
    page.keyboard.press("Tab")
    page.keyboard.type("We cannot read")
    page.keyboard.press("Tab")
    writes(page, words)
    expect(page.get_by_text("Asked for.")).to_be_visible()


def looks_closely(page: Page) -> None:
    """The front as large as the screen, and back."""
    presses(page, "f")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Front of")
    assert page.locator("img.shown-large").evaluate("one => one.complete || one.decode().then(() => true)")
    presses(page, "u")


def works_until_nothing_is_left(page: Page) -> Counter[str]:
    """One after the other by the key `n`, as the desk deals them out."""
    done: Counter[str] = Counter()
    for n in range(60):
        presses(page, "n")
        if page.get_by_text(NOTHING_LEFT).count():
            return done
        if n == 0:
            looks_closely(page)
        deed = refuses if n % 4 == 1 else asks_for_a_picture if n % 5 == 2 else approves
        deed(page, f"Looked at with care, number {n}.")
        done[deed.__name__] += 1
    raise AssertionError("the desk deals out more than there is")


def decides_the_tiers(page: Page) -> Counter[str]:
    """Over to the other queue, and one request after the other: the first is refused, the others are granted."""
    tab_to(page, "Reduced tier")
    enter(page)
    done: Counter[str] = Counter()
    for n in range(20):
        presses(page, "n")
        if page.get_by_text(NOTHING_LEFT).count():
            return done
        if n == 0:
            presses(page, "t")
            presses(page, "x")
            page.keyboard.press("r")
            tab_to(page, "cannot read")
            page.keyboard.press("Space")
            tab_to(page, "A sentence to them")
        else:
            page.keyboard.press("a")
        writes(page, f"Looked at your card, number {n}.")
        expect(page.get_by_role("heading", name="What was decided")).to_be_visible()
        done["refused" if n == 0 else "granted"] += 1
    raise AssertionError("the desk deals out more than there is")


def tiers_have_their_outcome(city: City, made: Made, done: Counter[str]) -> None:
    """Each request has an end, an answer and a letter; and whoever's was granted pays less."""
    ends = rows(city, """SELECT state, answer_sealed IS NOT NULL, members.reduced_until IS NOT NULL FROM tier_requests
        JOIN members ON members.id = member_id WHERE tier_requests.id IN (SELECT value FROM json_each(?))""",
                json.dumps(made["tiers"]))
    assert len(ends) == len(made["tiers"])
    assert done["refused"] == 1
    assert {state for state, _answer, _less in ends} <= {"granted", "refused"}
    assert all(answer and bool(less) == (state == "granted") for state, answer, less in ends), ends


def have_their_outcome(city: City, made: Made, done: Counter[str]) -> None:
    """None waits any more, each has the reviewer's sentence, and a letter about it lies in each inbox."""
    ended = "answer_sealed IS NOT NULL FROM {} WHERE id IN (SELECT value FROM json_each(?))"
    states = rows(city, "SELECT state, " + ended.format("applications"), json.dumps(made["applications"]))
    states += rows(city, "SELECT status, " + ended.format("licences"), json.dumps(made["licences"]))
    found = Counter(str(state) for state, _said in states)
    assert all(said for _state, said in states)
    ends = (found["approved"] + found["verified"], found["refused"], found["open"] + found["draft"])
    assert sum(ends) == 25
    beside = done.total() - 25  # what waits in every demo city
    assert all(0 <= done[deed] - end <= beside for deed, end in zip(
        ("approves", "refuses", "asks_for_a_picture"), ends, strict=True)), (done, ends)
    letters = """SELECT count(DISTINCT member_id) FROM messages WHERE kind IN
        ('application_decided', 'application_sent_back', 'licence_decided')"""
    until = time.monotonic() + 30
    while rows(city, letters)[0][0] < 25 and time.monotonic() < until:
        time.sleep(0.3)
    assert rows(city, letters)[0][0] >= 25


def sees_it(page: Page, city: City, state: str, address: str, told: str) -> None:
    """One of those whose application ended like that, on their own page."""
    ((email,),) = rows(city, """SELECT users.email FROM applications JOIN members ON members.id = applications.member_id
        JOIN users ON users.id = members.user_id WHERE users.email LIKE 'joiner%' AND applications.state = ?
        ORDER BY users.email LIMIT 1""", state)
    sign_in(page, str(email))
    page.goto(address)
    expect(page.get_by_text(told).first).to_be_visible()
    if state != "approved":
        expect(page.get_by_text("Looked at with care").first).to_be_visible()


def test_a_reviewers_day_brings_twenty_five_matters_to_an_outcome_that_is_seen(browser: Browser,
                                                                               morning: tuple[City, Made]) -> None:
    city, made = morning
    assert len(made["applications"]) + len(made["licences"]) == 25
    context = open_context(browser, city, DESKTOP)
    page = context.new_page()
    begins(page)
    listens(page)
    done = works_until_nothing_is_left(page)
    assert done.total() >= 25, done
    have_their_outcome(city, made, done)
    tiers = decides_the_tiers(page)
    assert tiers.total() >= len(made["tiers"]), tiers
    tiers_have_their_outcome(city, made, tiers)
    context.close()
    for state, address, told in (("approved", "/join/decision", "Welcome"), ("refused", "/join/decision", "Not this time"),
                                 ("open", "/join/licence", "Take them again")):
        street = open_context(browser, city)
        sees_it(street.new_page(), city, state, address, told)
        street.close()
