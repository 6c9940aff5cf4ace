"""Money in a real browser: declined and the second works, the bank asks, a line is disputed, given back, and printed."""

import re
import time

from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in

MEMBER, FINANCE = "member@example.com", "finance@example.com"
NEVER_PAYS, ASKS_BANK = "Can be kept, and is declined", "Asks for your bank's check every time"


def add_card(page: Page, words: str, *, bank: bool = False) -> None:
    """Over the card page of the demo city, and back."""
    page.goto("/account/payments")
    page.get_by_role("button", name="Add a card").click()
    page.wait_for_url(re.compile("/demo/checkout/"))
    page.get_by_text(words).first.click()
    page.get_by_role("button", name="Keep this card").click()
    if bank:
        page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_text("Your card is kept.")).to_be_visible()


def ask_first(page: Page, last_four: str) -> None:
    """Have this card asked before the others."""
    page.get_by_role("button", name=re.compile(f"Ask it first: .* {last_four}")).click()
    expect(page.locator("#cards li").first).to_contain_text(last_four)


def book(page: Page, near: str) -> str:
    """Book the first free car near a place, and return its name."""
    page.goto(f"/cars?near={near}")
    page.locator(".cc[data-state=free]:not([data-body=ev]) a").first.click()
    page.get_by_role("link", name="Choose this car").and_(page.locator(":visible")).click()
    expect(page.get_by_text("and take what the trip costs at the return")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    return page.locator("h2.big").inner_text()


def last_payments(page: Page, car: str, *states: str) -> None:
    """Wait until the payments for the trip with this car stand like this, newest first."""
    page.wait_for_load_state()  # of where the processor has just led
    until = time.monotonic() + 20
    while time.monotonic() < until:
        page.goto("/account/payments")
        rows = [row.inner_text() for row in page.locator(".money-rows li").all()]
        mine = [row for row in rows if f"Trip with {car}" in row]
        if len(mine) >= len(states) and all(state in row for state, row in zip(states, mine, strict=False)):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"not {states}: {rows}")


def test_a_declined_card_hands_over_to_the_second_and_a_bank_that_asks_gets_its_answer(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    sign_in(page, MEMBER)
    add_card(page, NEVER_PAYS)
    ask_first(page, "0341")
    car = book(page, "Clark/Lake")
    last_payments(page, car, "Held", "Declined")

    add_card(page, ASKS_BANK, bank=True)
    ask_first(page, "3220")
    car = book(page, "Damen and Division")
    last_payments(page, car, "Waits for you")
    expect(page.get_by_role("heading", name="Your bank wants to see that it is you")).to_be_visible()
    page.get_by_role("button", name="Confirm with your bank").first.click()
    page.wait_for_url(re.compile("/demo/checkout/"))
    page.get_by_text(ASKS_BANK).first.click()
    page.get_by_role("button", name="Hold it").click()
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page).to_have_url(re.compile("/account/payments"), timeout=20_000)
    last_payments(page, car, "Held")
    context.close()


def test_a_disputed_line_is_given_back_to_the_card_and_the_statement_prints(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    sign_in(page, MEMBER)
    page.goto("/account/statement")
    page.get_by_role("link", name="City lease tax").first.click()
    page.get_by_text("This is not right").click()
    page.get_by_label("What is not right").fill("The car was not there, and I left after ten minutes.")
    page.get_by_role("button", name="Dispute this line").click()
    expect(page.get_by_text("nobody yet")).to_be_visible()
    dispute = page.url

    desk_context = open_context(browser, city, DESKTOP)
    desk = desk_context.new_page()
    sign_in(desk, FINANCE)
    desk.goto("/office/disputes")
    desk.locator("main tr", has_text="City lease tax").get_by_role("link").first.click()
    desk.get_by_role("button", name=re.compile("^Take it")).click()
    said = re.search(r"\$(\d+\.\d\d) at most", desk.get_by_role("main").inner_text())
    assert said, "the desk says how much there is to give back: another test may have given some of it"
    desk.get_by_label("Give back").fill(said[1])
    desk.get_by_label("Reply").fill("You are right, and we are sorry.")
    desk.get_by_role("button", name="Decide and reply").click()
    expect(desk.get_by_text("How it ended")).to_be_visible()
    desk_context.close()

    page.goto(dispute)
    given = re.compile(rf"^You got \${re.escape(said[1])}( of \$[0-9.]+)? back$")
    expect(page.get_by_role("heading", level=1)).to_have_text(given)
    expect(page.get_by_text("You are right, and we are sorry.")).to_be_visible()
    until = time.monotonic() + 20
    while time.monotonic() < until and "Sent back" not in page.get_by_role("main").inner_text():
        page.goto("/account/payments")
    expect(page.get_by_text("Sent back").first).to_be_visible()

    page.goto("/account/statement")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation").first).to_be_hidden()
    expect(page.get_by_role("link", name="City lease tax").first).to_be_visible()
    assert len(page.pdf(format="Letter")) > 10_000
    with page.expect_download() as download:
        page.evaluate("() => document.querySelector(\"a[href*='statement.pdf']\").click()")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    context.close()
