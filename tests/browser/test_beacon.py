"""What the page's script tells: vitals once, rage as defined, fields by name, and nothing where quiet is asked for."""

import json
import sqlite3
import time

from playwright.sync_api import Browser, Page

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, open_context

# What is told is caught in the page; hiding it is what leaving it does.
CATCH = "window.told = []; navigator.sendBeacon = (_, body) => { told.push(body); return true; };"
HIDE = """() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  document.dispatchEvent(new Event('visibilitychange'));
  return told.splice(0);
}"""


def _opened(browser: Browser, city: City, path: str) -> Page:
    page = open_context(browser, city, DESKTOP).new_page()
    page.add_init_script(CATCH)
    page.goto(path)
    page.locator("body[data-bound~=beacon]").wait_for()
    return page


def _told(page: Page) -> list[dict]:
    return [event for body in page.evaluate(HIDE) for event in json.loads(body)["events"]]


def _kinds(page: Page) -> list[str]:
    return [event["kind"] for event in _told(page)]


def _click(page: Page, x: float, y: float, times: int, apart: float = 0.05) -> None:
    for _ in range(times):
        page.mouse.click(x, y)
        time.sleep(apart)


def _empty_spot(page: Page) -> tuple[float, float]:
    """Where there is nothing to press."""
    box = page.locator("footer.foot").bounding_box()
    page.locator("footer.foot").scroll_into_view_if_needed()
    time.sleep(0.2)
    box = page.locator("footer.foot").bounding_box()
    assert box is not None
    return box["x"] + 4, box["y"] + box["height"] - 6


def test_a_page_tells_its_vitals_once(browser: Browser, city: City) -> None:
    page = _opened(browser, city, "/")
    (vitals,) = _told(page)
    assert vitals["kind"] == "vitals"
    assert vitals["facts"]["lcp_ms"] > 0
    assert vitals["facts"]["ttfb_ms"] > 0
    assert _told(page) == []


def test_three_clicks_on_one_spot_that_does_nothing_are_rage(browser: Browser, city: City) -> None:
    page = _opened(browser, city, "/pricing")
    x, y = _empty_spot(page)
    _click(page, x, y, 3)
    time.sleep(1.2)
    (rage,) = [event for event in _told(page) if event["kind"] == "rage_click"]
    assert rage["facts"] == {"clicks": 3, "on": "other"}


def test_what_is_no_rage(browser: Browser, city: City) -> None:
    page = _opened(browser, city, "/")
    x, y = _empty_spot(page)
    _click(page, x, y, 2)  # only two
    time.sleep(1.2)
    _click(page, x, y, 3, apart=0.6)  # three, and too slow
    time.sleep(1.2)
    for far in (0, 40, 80):  # three, and too far apart
        page.mouse.click(x + far, y)
    time.sleep(1.2)
    summary = page.locator("details summary").last
    summary.scroll_into_view_if_needed()
    for _ in range(4):  # the page answers
        summary.click(no_wait_after=True)
    time.sleep(1.2)
    picker = page.locator("input[type=datetime-local], input[type=date]").first
    picker.scroll_into_view_if_needed()
    box = picker.bounding_box()
    assert box is not None
    _click(page, box["x"] + 20, box["y"] + box["height"] / 2, 4)  # a picker
    time.sleep(1.2)
    assert "rage_click" not in _kinds(page)


def test_a_field_that_stops_somebody_is_told_by_its_name_and_not_by_what_was_typed(browser: Browser, city: City) -> None:
    page = _opened(browser, city, "/sign-in")
    page.get_by_label("E-mail").fill("ada-okafor")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    said = page.evaluate(HIDE)
    assert "ada-okafor" not in "".join(said)
    events = [event for body in said for event in json.loads(body)["events"]]
    fields = [event["facts"]["field"] for event in events if event["kind"] == "field_error"]
    assert set(fields) & {"email", "password"}


def test_going_back_within_a_step_is_a_back_track(browser: Browser, city: City) -> None:
    page = _opened(browser, city, "/cars?near=Loop")
    page.goto("/cars?near=Logan+Square")
    page.locator("body[data-bound~=beacon]").wait_for()
    page.go_back()
    page.locator("body[data-bound~=beacon]").wait_for()
    tracks = [event["facts"]["way"] for event in _told(page) if event["kind"] == "back_track"]
    assert tracks in (["back"], ["unknown"])


def test_where_quiet_is_asked_for_nothing_is_told(browser: Browser, city: City) -> None:
    context = browser.new_context(base_url=city.url, extra_http_headers={"Sec-GPC": "1"})
    page = context.new_page()
    page.goto("/")
    assert page.locator("body").get_attribute("data-beacon") is None


def test_what_is_told_arrives(browser: Browser, city: City) -> None:
    page = open_context(browser, city).new_page()
    page.goto("/pricing")
    page.locator("body[data-bound~=beacon]").wait_for()
    page.goto("/how-it-works")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{city.home}/roundtrip.sqlite?mode=ro", uri=True) as database:
            found = database.execute(
                "SELECT count(*) FROM browser_events WHERE kind = 'vitals' AND step = 'learn.estimate'").fetchone()
        if found[0]:
            return
        time.sleep(0.2)
    raise AssertionError("no vitals of the page that was left have come")
