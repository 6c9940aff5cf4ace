"""The CX desk's own furniture: places that fit one row and open without scripts, cards on a phone, deeds that stay in sight."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, sign_in


@contextmanager
def colleague(browser: Browser, city: City, size: dict[str, int]) -> Iterator[Page]:
    """Somebody of the CX team at a screen of this size, and no script on any page."""
    context = browser.new_context(viewport=size, base_url=city.url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "cx@example.com")
    yield page
    context.close()


def test_the_places_of_the_desk_stand_in_one_row_and_open_by_keyboard_without_scripts(browser: Browser, city: City) -> None:
    with colleague(browser, city, DESKTOP) as page:
        page.goto("/experience/")
        tops = [item.bounding_box()["y"] for item in page.locator("nav.places > ul > li").all()]
        assert len(tops) > 4
        assert max(tops) - min(tops) < 4
        page.locator("nav.places summary", has_text="What happens").press("Enter")
        page.get_by_role("link", name="Compare", exact=True).press("Enter")
        expect(page).to_have_url(re.compile("/experience/compare$"))
        expect(page.locator("nav.places summary[aria-current]")).to_contain_text("What happens: Compare")


def test_the_cases_on_a_phone_lie_within_the_screen(browser: Browser, city: City) -> None:
    with colleague(browser, city, PHONE) as page:
        page.goto("/experience/cases?show=all")
        table = page.locator("table.as-cards")
        assert table.locator("tbody tr").count() > 0
        for cell in table.locator("tbody tr").first.locator("th, td").all():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]


def test_what_one_can_do_for_a_case_stays_in_sight_and_comes_first_on_a_phone(browser: Browser, city: City) -> None:
    with colleague(browser, city, DESKTOP) as page:
        page.goto("/experience/cases?show=open")
        page.locator("table.as-cards tbody a").first.click()
        case = page.url
        page.mouse.wheel(0, 4000)
        expect(page.locator("#reply summary")).to_be_in_viewport()
    with colleague(browser, city, PHONE) as page:
        page.goto(case)
        assert page.locator("#reply").bounding_box()["y"] < page.locator("#why-title").bounding_box()["y"]
