"""`make shots`: a picture of every page, phone and desktop, light and dark, into docs/screenshots/."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.city import CHROMIUM_FLAGS, ROOT, City, build_city, chromium, running_city
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in
from tests.browser.pages import CX, FIXED, FLEET, MEMBER, found_pages

FOLDER = ROOT / "docs" / "screenshots"
TALLEST = 2400


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
        for who in (None, MEMBER, FLEET, CX):
            for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
                for scheme in ("light", "dark"):
                    context = open_context(browser, city, size, scheme)
                    _take(context.new_page(), city, who, f"{name}-{scheme}")
                    context.close()
        browser.close()


def _take(page: Page, city: City, who: str | None, suffix: str) -> None:
    if who:
        sign_in(page, who)
    for shown in [*(one for one in FIXED if one.who == who), *found_pages(page, who)]:
        page.goto(shown.path)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(700 if "search" in shown.name or "fleet" in shown.name else 150)
        size = page.viewport_size or PHONE
        page.screenshot(path=FOLDER / f"{shown.name}-{suffix}.png", clip={
            "x": 0, "y": 0, "width": size["width"],
            "height": min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))}, full_page=True)
        print(f"{shown.name}-{suffix}", flush=True)


if __name__ == "__main__":
    main()
