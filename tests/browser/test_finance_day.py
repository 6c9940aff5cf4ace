"""A working day of the finance role by keyboard alone: a dispute, a second opinion, goodwill, the books."""

import re
from decimal import Decimal

from playwright.sync_api import Browser, Page, expect

from tests.browser.city import PASSWORD, City
from tests.browser.conftest import DESKTOP, open_context
from tests.browser.test_keyboard import enter, tab_to, type_code

FINANCE = "finance@example.com"


def listens(page: Page) -> None:
    """The table's keys are there: a key pressed while the page's scripts still load is nobody's."""
    expect(page.locator("table[data-bound~=table_keys]").first).to_be_attached()


def opens_first_row(page: Page) -> None:
    """Walk into the table and open its first row with the table's own keys."""
    listens(page)
    page.keyboard.press("j")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    enter(page)


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def begins(page: Page) -> None:
    """Sign in: staff land at their desk."""
    page.goto("/sign-in")
    tab_to(page, "E-mail")
    page.keyboard.type(FINANCE)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    enter(page)
    type_code(page)
    heading(page, "What needs somebody")


def decides_the_oldest_dispute(page: Page) -> None:
    """Disputes come first, and their list stands by its clock: the first row is the most pressing one.

    Which line that is differs from day to day: a part of it is given back, whatever it came to.
    """
    opens_first_row(page)
    heading(page, "Disputes")
    opens_first_row(page)
    heading(page, "disputes $")
    part = half_of(page.get_by_role("heading", level=1).inner_text())
    tab_to(page, "Take it")
    enter(page)
    expect(page.get_by_text("You look into this dispute now.")).to_be_visible()
    tab_to(page, "Give back")
    page.keyboard.type(part.replace(".", ","))
    tab_to(page, "Your reply")
    page.keyboard.type("We looked at what the car said, and take a part off.")
    tab_to(page, "Decide and reply")
    enter(page)
    expect(page.get_by_text("Write it like 12.50.").first).to_be_visible()
    tab_to(page, "Give back")  # the first is the link in the summary of what is to be put right
    enter_in_place(page)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(part)
    tab_to(page, "Decide and reply")
    enter(page)
    expect(page.get_by_text("Decided. The reply is on its way to the member.")).to_be_visible()
    expect(page.get_by_text("Partly given back").first).to_be_visible()


def half_of(words: str) -> str:
    """Half of the sum that is named in words like "Ada Moreno disputes $1,012.50", as a person types it."""
    named = re.search(r"\$([\d,]+\.\d\d)", words)
    assert named, f"no sum in “{words}”"
    return str((Decimal(named[1].replace(",", "")) / 2).quantize(Decimal("0.01"), "ROUND_DOWN"))


def enter_in_place(page: Page) -> None:
    """Follow a link within the page: the field it names has the focus then."""
    page.keyboard.press("Enter")
    expect(page.locator("input[name=back]")).to_be_focused()


def agrees_as_the_second_person(page: Page) -> None:
    """What a colleague asked for; one's own is not on this list."""
    tab_to(page, "Adjustments")
    enter(page)
    heading(page, "Adjustments")
    tab_to(page, "Show")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Filter")
    enter(page)
    expect(page.locator("select[name=show]")).to_have_value("not_mine")
    opens_first_row(page)
    tab_to(page, "Agree and give")
    enter(page)
    expect(page.get_by_text("You agreed: it is given.")).to_be_visible()


def gives_goodwill(page: Page) -> None:
    """Find a member with the key of the search, and give them five dollars."""
    tab_to(page, "Payers")
    enter(page)
    heading(page, "Payers")
    listens(page)
    page.keyboard.press("/")
    page.keyboard.type("rider0002@example.com")
    enter(page)
    opens_first_row(page)
    tab_to(page, "Give goodwill credit")
    enter(page)
    tab_to(page, "Credit")
    page.keyboard.type("5.00")
    tab_to(page, "Why")
    page.keyboard.type("Goodwill")
    tab_to(page, "Give the credit")
    enter(page)
    expect(page.get_by_text("$5.00 are given.")).to_be_visible()


def looks_at_the_books(page: Page) -> None:
    tab_to(page, "Reconciliation")
    enter(page)
    heading(page, "Reconciliation")
    expect(page.get_by_text("by the processor’s own lines")).to_be_visible()
    tab_to(page, "Read the books again now")
    enter(page)
    expect(page.get_by_text("The books are being read")).to_be_visible()
    tab_to(page, "Ledger")
    enter(page)
    expect(page.get_by_text("The ledger is whole.")).to_be_visible()
    opens_first_row(page)
    heading(page, "Owed by payers")


def works_a_day(page: Page) -> None:
    begins(page)
    decides_the_oldest_dispute(page)
    agrees_as_the_second_person(page)
    gives_goodwill(page)
    looks_at_the_books(page)


def test_a_working_day_of_finance_by_keyboard(browser: Browser, city: City) -> None:
    context = open_context(browser, city, DESKTOP)
    works_a_day(context.new_page())
    context.close()
