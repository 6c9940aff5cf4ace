"""`make shots`: a picture of every page, phone and desktop, light and dark, into docs/screenshots/."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.city import CHROMIUM_FLAGS, ROOT, City, build_city, chromium, running_city
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in
from tests.browser.pages import EVERYBODY, FIXED, found_pages
from tests.browser.test_main_job import find_and_book, unlock

FOLDER = ROOT / "docs" / "screenshots"
TALLEST = 2400
SIZES = (("phone", PHONE), ("desktop", DESKTOP))
SCHEMES = ("light", "dark")


def main() -> None:
    """Build a small city, open every page, and keep what it looks like."""
    path = chromium()
    if path is None:
        raise SystemExit("no Chromium here: install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, ExitStack() as stack:
        build_city(Path(home), days=5, members=30)
        city = stack.enter_context(running_city(Path(home)))
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for who in EVERYBODY:
            for name, size in SIZES:
                for scheme in SCHEMES:
                    context = open_context(browser, city, size, scheme)
                    _take_all(context.new_page(), who, f"{name}-{scheme}")
                    context.close()
        _take_a_trip(browser, city)
        browser.close()


def _take_all(page: Page, who: str | None, suffix: str) -> None:
    if who:
        sign_in(page, who)
    for shown in [*(one for one in FIXED if one.who == who), *found_pages(page, who)]:
        page.goto(shown.path)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(700 if "search" in shown.name or "fleet" in shown.name else 150)
        _take(page, f"{shown.name}-{suffix}")


def _take_a_trip(browser: Browser, city: City) -> None:
    """The pages that only a booking has, one after the other; each as it stands at that moment in all four ways."""
    context = open_context(browser, city)
    page = context.new_page()
    find_and_book(page, "rider0007@example.com", "Polish Triangle")
    trip = page.url.split("#")[0]
    for name, path in (("before", ""), ("check", "/check"), ("change", "/change"), ("cancel", "/cancel")):
        _take_in_all_ways(page, f"trip-{name}", f"{trip}{path}")
    unlock(page, trip)
    for name, path in (("driving", ""), ("fuel", "/fuel"), ("return", "/return")):
        _take_in_all_ways(page, f"trip-{name}", f"{trip}{path}")
    context.close()

    context = open_context(browser, city)
    page = context.new_page()
    find_and_book(page, "rider0008@example.com", "Polish Triangle")
    trip = page.url.split("#")[0]
    page.goto("/cars?near=Polish+Triangle")
    taken = page.locator(".cc[data-state=taken] a").first.get_attribute("href") or ""
    _take_in_all_ways(page, "taken", taken.replace("?", "/book?", 1))
    page.goto(f"{trip}/cancel")
    page.get_by_role("button", name="Cancel the trip").click()
    _take_in_all_ways(page, "trip-cancelled", trip)
    context.close()


def _take_in_all_ways(page: Page, name: str, address: str) -> None:
    page.goto(address)
    for size_name, size in SIZES:
        for scheme in SCHEMES:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            _take(page, f"{name}-{size_name}-{scheme}")


def _take(page: Page, name: str) -> None:
    size = page.viewport_size or PHONE
    page.screenshot(path=FOLDER / f"{name}.png", clip={
        "x": 0, "y": 0, "width": size["width"],
        "height": min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))}, full_page=True)
    print(name, flush=True)


if __name__ == "__main__":
    main()
