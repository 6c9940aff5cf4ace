"""Every page: nothing for axe to find, light or dark; within its budget; no sideways scrolling when magnified."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in
from tests.browser.pages import EVERYBODY, FIXED, Shown, found_pages
from tests.browser.test_main_job import find_and_book, unlock

BUDGET = 60_000  # bytes of a first load, gzipped, without the map
BUDGET_WITH_MAP = 800_000
REQUESTS = 10
MAGNIFIED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %

CLUMSY = """() => {
  const seen = (each) => each.checkVisibility() && !each.closest('.vh');
  const tall = (each) => Math.round(each.getBoundingClientRect().height);
  const first = [...document.querySelectorAll('.btn-go')].filter((each) => seen(each) && location.pathname != '/styleguide');
  const low = [...document.querySelectorAll('.btn, .chip, summary, select, .in, .back a, .ways a')]
    .filter((each) => seen(each) && tall(each) < 44);
  const crushed = [...document.querySelectorAll('dd, td, p, li, h2')].filter((each) => seen(each) && each.clientWidth < 36
    && [...each.childNodes].some((node) => node.nodeType == 3 && node.textContent.trim().length > 6));
  return [...(first.length > 1 ? [['two first things', first.map((each) => each.textContent.trim())]] : []),
    ...low.map((each) => ['hard to hit', tall(each), each.outerHTML.slice(0, 120)]),
    ...crushed.map((each) => ['a letter a line', each.outerHTML.slice(0, 120)])];
}"""  # what a thumb and an eye would mind on a phone, and axe does not


def all_pages(page: Page, who: str | None) -> list[Shown]:
    if who:
        sign_in(page, who)
    return [*(shown for shown in FIXED if shown.who == who), *found_pages(page, who)]


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: (who or "visitor").split("@")[0])
def test_axe_finds_nothing_light_or_dark_and_nothing_scrolls_sideways_when_magnified(
        browser: Browser, city: City, who: str | None) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    faults: dict[tuple[str, str], object] = {}
    for shown in all_pages(page, who):
        page.goto(shown.path)
        faults |= faults_of(page, shown.name)
    context.close()
    assert not faults, faults


def test_the_pages_of_a_trip_have_no_faults_either(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page, faults = context.new_page(), {}
    find_and_book(page, "rider0007@example.com", "Polish Triangle")
    trip = page.url.split("#")[0]
    for name in ("", "/check", "/cancel", "/certificate"):
        page.goto(f"{trip}{name}")
        faults |= faults_of(page, f"before{name}")
    unlock(page, trip)
    for name in ("", "/fuel", "/return"):
        page.goto(f"{trip}{name}")
        faults |= faults_of(page, f"driving{name}")
    page.goto(f"{trip}/fuel")
    page.locator("form[novalidate], main form").first.evaluate("(form) => { form.noValidate = true; }")
    page.get_by_role("button", name="Log this stop").click()
    faults |= faults_of(page, "driving/fuel with faults")
    context.close()
    assert not faults, faults


def faults_of(page: Page, name: str) -> dict[tuple[str, str], object]:
    """What axe finds on the page that is open, light and dark, and whether it scrolls sideways when magnified."""
    faults: dict[tuple[str, str], object] = {}
    page.wait_for_load_state("load")
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):  # of the rest dark changes nothing
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if found := Axe().run(page, options=rules | {"resultTypes": ["violations"]}).response["violations"]:
            faults[name, scheme] = [(fault["id"], [node["html"][:160] for node in fault["nodes"][:3]]) for fault in found]
    if clumsy := page.evaluate(CLUMSY):
        faults[name, "by hand"] = clumsy
    page.set_viewport_size(MAGNIFIED)
    if (width := page.evaluate("document.documentElement.scrollWidth")) > MAGNIFIED["width"]:
        faults[name, "magnified"] = width
    page.set_viewport_size(PHONE)
    return faults


def _first_load(browser: Browser, city: City, path: str, size: dict[str, int]) -> tuple[int, int, list[str]]:
    """Bytes (gzipped) and requests of a first visit, and requests that left the site."""
    context = open_context(browser, city, size)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    weight = 0
    for answer in answers:
        body = answer.body()
        squeezed = answer.headers.get("content-encoding") or answer.headers.get("content-type", "").startswith("font")
        weight += len(gzip.compress(body)) if squeezed else len(body)
    strangers = [answer.url for answer in answers if not answer.url.startswith(city.url)]
    count = len([answer for answer in answers if not answer.url.startswith("data:")])
    context.close()
    return weight, count, strangers


@pytest.mark.parametrize("path", ["/", "/cars?near=State+%26+Madison", "/how-it-works", "/pricing", "/insurance", "/terms",
                                  "/help?q=fuel", "/sign-in", "/join", "/styleguide"])
def test_a_first_load_without_the_map_is_small(browser: Browser, city: City, path: str) -> None:
    weight, requests, strangers = _first_load(browser, city, path, PHONE)
    assert weight <= BUDGET, f"{path}: {weight} bytes"
    assert requests <= REQUESTS, f"{path}: {requests} requests"
    assert not strangers, strangers


def test_a_first_load_with_the_map_stays_under_its_budget(browser: Browser, city: City) -> None:
    weight, _, strangers = _first_load(browser, city, "/cars?near=State+%26+Madison", DESKTOP)
    assert weight <= BUDGET_WITH_MAP, f"{weight} bytes"
    assert not strangers, strangers


def test_pins_and_cards_select_each_other(browser: Browser, city: City) -> None:
    context = open_context(browser, city, DESKTOP)
    page = context.new_page()
    page.goto("/cars?near=State+%26+Madison")
    pin = page.locator(".map button[aria-pressed]").first
    pin.wait_for(timeout=20_000)
    pin.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cc[aria-current]")).to_have_count(1)
    name = page.locator(".cc[aria-current]").get_attribute("data-name")
    assert (pin.get_attribute("aria-label") or "").startswith(name or "?")
    context.close()


def test_the_search_works_without_scripts(browser: Browser, city: City) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=city.url, viewport=PHONE)
    page = context.new_page()
    page.goto("/cars")
    page.get_by_label("Where").fill("Logan Square")
    page.get_by_role("button", name="Find a car").click()
    expect(page.locator(".cc").first).to_be_visible()
    context.close()
