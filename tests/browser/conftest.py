"""A browser and a living city for each process of the browser tests."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.city import CHROMIUM_FLAGS, PASSWORD, City, build_city, chromium, city_at, running_city
from tests.shared import made_once

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
SIGN_IN = re.compile(r"/sign-in(\?.*)?$")
KEPT = 300  # seconds that a sign-in of staff is used again: half as long as it proves who they are


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Without one the tests are skipped, loudly."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def built(run_folder: Path) -> Path:
    """A small demo city, built once for all processes."""
    return made_once(run_folder, "city", lambda home: build_city(home, days=3, members=12))


@pytest.fixture(scope="session")
def city(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A copy of the demo city with its web, worker and car processes: what one process does there is its own."""
    home = tmp_path_factory.mktemp("city")
    shutil.copytree(built, home, dirs_exist_ok=True)
    with running_city(home) as running:
        yield running


def open_context(browser: Browser, city: City, size: dict[str, int] = PHONE, scheme: str = "light") -> BrowserContext:
    """A fresh visitor with a screen of this size."""
    context = browser.new_context(viewport=size, color_scheme=scheme, base_url=city.url, locale="en-US",
                                  timezone_id="America/Chicago", has_touch=size is PHONE)
    context.set_default_timeout(15_000)
    return context


def sign_in(page: Page, email: str) -> None:
    """Sign in through the page. Staff whose code was typed a few minutes ago come with what the browser kept then: each code
    counts once, so that the next one may be half a minute away. If they were signed out since, they sign in anew."""
    page.goto("/sign-in")
    signed_in = city_at(page.url).signed_in
    kept, until = signed_in.get(email, ([], 0.0))
    if time.monotonic() < until:
        page.context.add_cookies(kept)
        page.goto("/sign-in")  # which leads whoever is signed in to their first page
        if not SIGN_IN.search(page.url):
            return
        page.context.clear_cookies()
        page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(SIGN_IN)
    codes = 0
    while codes < 3 and "/sign-in/code" in page.url:  # on a busy machine half a minute may be over before the code arrives
        codes += 1
        page.get_by_label("Code from your app").fill(demo_code(page))
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
    expect(page).not_to_have_url(re.compile("/sign-in/code"))
    if codes:
        signed_in[email] = page.context.cookies(), time.monotonic() + KEPT


def demo_code(page: Page) -> str:
    """The code of the demo city's staff on this page; each counts once, so that the next one may be half a minute away."""
    shown = page.locator("#demo-code")
    for _ in range(40):
        if shown.count():
            return shown.inner_text()
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError("the page shows no code")
