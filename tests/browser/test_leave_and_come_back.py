"""On a phone: leave with three taps at most, come back with one, and book."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import open_context, sign_in
from tests.browser.test_spine import rows

FREE_TO_GO = """SELECT users.email FROM users JOIN members ON members.user_id = users.id
    JOIN payers ON payers.member_id = members.id JOIN cards ON cards.payer_id = payers.id AND cards.removed_at IS NULL
    WHERE users.email LIKE 'rider%' AND members.status = 'active' AND payers.owed_cents <= 0
    AND NOT EXISTS (SELECT 1 FROM reservations WHERE member_id = members.id AND status IN ('booked', 'driving'))
    ORDER BY users.email DESC"""


class Taps:
    """Counts what is tapped."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def tap(self, role: str, name: str) -> None:
        self.page.get_by_role("main").get_by_role(role, name=name, exact=True).click()
        self.count += 1


def test_a_member_leaves_with_three_taps_comes_back_with_one_and_books(browser: Browser, city: City) -> None:
    email = str(rows(city, FREE_TO_GO)[0][0])
    context = open_context(browser, city)
    page = context.new_page()
    sign_in(page, email)
    page.goto("/account/")
    leaving = Taps(page)
    leaving.tap("link", "Leave Roundtrip")
    leaving.tap("button", "End my membership now")
    expect(page.get_by_text("Your membership ended on")).to_be_visible()
    assert leaving.count <= 3

    sign_in(page, email)
    page.get_by_role("main").get_by_role("link", name="Come back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Welcome back"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Come back").click()
    expect(page.get_by_text("You can book at once.")).to_be_visible()
    books(page)
    context.close()


def books(page: Page) -> None:
    """The first car that is free near the crossing."""
    page.goto("/cars?near=State+%26+Madison")
    page.locator(".cc[data-state=free]:not([data-body=ev]) a").first.click()
    page.get_by_role("link", name="Choose this car").and_(page.locator(":visible")).click()
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("Booked.")).to_be_visible()
