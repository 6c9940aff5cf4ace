"""Times picked on the chart of a car's page: with the finger or the mouse, with the keyboard, and without scripts."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, open_context


def _asked(address: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


def test_a_drag_over_a_day_takes_what_it_covers_and_a_tap_the_wished_length(browser: Browser, city: City) -> None:
    context = open_context(browser, city, DESKTOP)
    page = context.new_page()
    page.goto("/cars/acorn")
    row = page.locator("[data-behaviour=pick_times][data-ready]").nth(5)
    row.wait_for()
    day = row.get_attribute("data-day")
    row.scroll_into_view_if_needed()
    box = row.locator(".tc").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 8.1 / 24, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 11.9 / 24, middle, steps=4)
    page.mouse.up()
    page.wait_for_url("**start=*")
    assert _asked(page.url) == {"start": f"{day}T08:00", "end": f"{day}T12:00"}
    again = page.locator("[data-behaviour=pick_times][data-ready]").first
    again.wait_for()
    again.scroll_into_view_if_needed()
    box = again.locator(".tc").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 14.1 / 24, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile("T14"))
    assert _asked(page.url) == {"start": f"{day}T14:00", "end": f"{day}T18:00"}  # as long as before
    context.close()


def test_without_scripts_a_day_a_length_and_a_time_are_picked_by_links(browser: Browser, city: City) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=city.url, viewport=PHONE)
    page = context.new_page()
    page.goto("/cars/acorn")
    page.locator(".pick > a").nth(6).click()
    page.get_by_role("navigation", name="For how long").get_by_role("link", name="1 h", exact=True).click()
    time = page.get_by_role("navigation", name="From when").get_by_role("link").first
    words = time.inner_text()
    time.click()
    expect(page.locator("#your-time h2")).to_contain_text(words)
    expect(page.get_by_role("link", name="Choose this car").and_(page.locator(":visible"))).to_have_count(1)
    context.close()
