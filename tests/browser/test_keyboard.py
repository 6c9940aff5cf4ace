"""The main job by keyboard alone, magnified four times: no mouse, no pointer, no sideways scrolling."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.city import PASSWORD, City
from tests.browser.conftest import demo_code, open_context

MAGNIFIED = {"width": 320, "height": 256}

# Something must show where the focus is: the element, what covers its card, or the row it stands in.
FOCUS_SHOWS = """(() => {
  const on = document.activeElement;
  const drawn = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return drawn(getComputedStyle(on)) || drawn(getComputedStyle(on, '::after'))
    || [...(function* () { for (let e = on.parentElement; e; e = e.parentElement) yield e; })()]
      .slice(0, 4).some((e) => drawn(getComputedStyle(e)));
})()"""


def tab_to(page: Page, words: str, most: int = 220) -> None:
    """Press Tab until the focus is on something that says these words. Fails when it never gets there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(() => { const e = document.activeElement; if (!e || e === document.body) return '';"
            " const label = e.labels && e.labels[0] ? e.labels[0].innerText : '';"
            " return [label, e.getAttribute('aria-label') || '', e.innerText || '', e.value || ''].join(' '); })()")
        if words.lower() in said.lower():
            assert page.evaluate(FOCUS_SHOWS), f"nothing shows that “{words}” has the focus"
            return
    raise AssertionError(f"Tab never reached “{words}” on {page.url}")


def enter(page: Page) -> None:
    """Press Enter and wait for the page it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_code(page: Page) -> None:
    """On the page after the password: the code that the demo city shows there."""
    expect(page).to_have_url(re.compile("/sign-in/code"))
    code = demo_code(page)
    tab_to(page, "Code from your app")
    page.keyboard.type(code)
    enter(page)


def test_the_main_job_by_keyboard_at_four_hundred_percent(browser: Browser, city: City) -> None:
    context = open_context(browser, city, MAGNIFIED)
    page = context.new_page()
    page.goto("/")
    tab_to(page, "Where")
    page.keyboard.type("Logan Square")
    enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("cars near")

    first_free = page.locator(".cc[data-state=free]:not([data-body=ev]) h2 a").first.inner_text().split(",")[0].strip()
    tab_to(page, first_free)
    enter(page)
    tab_to(page, "Choose this car")
    enter(page)

    tab_to(page, "E-mail")
    page.keyboard.type("rider0005@example.com")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    enter(page)
    expect(page.get_by_role("heading", name="Check and book")).to_be_visible()

    tab_to(page, "Book for")
    enter(page)
    expect(page.get_by_text("Booked.")).to_be_visible()

    tab_to(page, "Flash lights")
    enter(page)
    expect(page.get_by_text("Lights flashed at")).to_be_visible(timeout=12_000)
    tab_to(page, "check and unlock")
    enter(page)
    tab_to(page, "As listed: unlock")
    enter(page)
    expect(page.get_by_text("Unlocked at")).to_be_visible(timeout=12_000)

    tab_to(page, "Fuel stop")
    enter(page)
    tab_to(page, "Amount")
    page.keyboard.type("20")
    tab_to(page, "Gallons")
    page.keyboard.type("5")
    tab_to(page, "Station")
    page.keyboard.type("Corner Gas")
    enter(page)
    expect(page.get_by_text("Logged.")).to_be_visible()

    tab_to(page, "Return the car")
    enter(page)
    tab_to(page, "Lock and end the trip")
    enter(page)
    expect(page).to_have_url(re.compile("/receipt"), timeout=15_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your trip: $")
    context.close()
