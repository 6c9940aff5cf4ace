"""Joining on a phone-sized screen: each refusal in its words, the whole way, a person's no, an appeal, a member who books."""

import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in

pytestmark = pytest.mark.long
EMAIL, WORDS = "kim.ito@example.com", "seven quiet herons wade"
REVIEWER, COLLEAGUE = "reviewer@example.com", "reviewer2@example.com"
TO_A_PERSON = "I300-1234-9904"  # docs/licence.md
EXPIRED = "2020-05-04"


def check(page: Page, *, born: str = "1990-05-04", held: str = "2010-06-01", violation: str = "") -> None:
    """Fill in the free check and send it."""
    page.goto("/join")
    page.get_by_label("Your date of birth").fill(born)
    page.get_by_label("You have had your driver’s licence since").fill(held)
    page.get_by_label("The United States").check()
    page.get_by_label("Yes" if violation else "No", exact=True).check()
    page.get_by_label("If yes, when was the latest?").fill(violation)
    page.get_by_role("button", name=re.compile("^Check")).click()


def photo(folder: Path, side: str, shade: int) -> str:
    """A picture of its own for each side."""
    picture = Image.new("RGB", (1200, 800), (shade, 120, 160))
    ImageDraw.Draw(picture).text((100, 100), side, font_size=90)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    path = folder / f"{side}.jpg"
    path.write_bytes(out.getvalue())
    return str(path)


def code_in(page: Page, address: str, to: str) -> str:
    """The newest code that the demo city sent to somebody."""
    for _ in range(40):
        page.goto(address)
        found = re.findall(rf"\b(\d{{6}}) is your code[^\n]*\s+to {re.escape(to)}", page.get_by_role("main").inner_text())
        if found:
            return str(found[0])
        page.wait_for_timeout(500)
    raise AssertionError(f"no code at {address}")


def decided(page: Page, heading: str) -> None:
    """Wait for what the page says of the decision."""
    for _ in range(60):
        page.goto("/join/decision")
        if page.get_by_role("heading", name=heading).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"not {heading}: {page.get_by_role('main').inner_text()}")


def shows_a_licence(page: Page, folder: Path, *, number: str, expires: str) -> None:
    """Three pictures and what is printed on it."""
    for shade, (label, side) in enumerate((("Front", "front"), ("Back", "back"), ("You", "selfie"))):
        page.get_by_label(label, exact=True).set_input_files(photo(folder, side, 60 + 60 * shade))
    page.get_by_label("Number", exact=True).fill(number)
    page.get_by_label("Expires on").fill(expires)
    page.get_by_role("button", name="Send it").click()


def sends(page: Page) -> None:
    """The last page of it."""
    page.get_by_label(re.compile("^I agree")).check()
    page.get_by_role("button", name="Send my application").click()


def review(browser: Browser, city: City, email: str, deed: str) -> None:
    """Somebody of the reviewers opens Kim's application and decides it."""
    desk = open_context(browser, city, DESKTOP)
    page = desk.new_page()
    sign_in(page, email)
    page.goto("/office/applications/")
    page.get_by_role("row").filter(has_text="Kim Ito").get_by_role("link").first.click()
    form = page.locator(f"#{deed}")
    form.locator("summary").click()
    if deed == "refuse":
        expect(form.get_by_label(re.compile("^The face on the selfie"))).to_be_checked()
    form.locator("textarea").fill("Have a selfie taken by daylight." if deed == "refuse" else "That is you. Welcome!")
    form.locator("button[type=submit]").click()
    expect(page.get_by_role("heading", name="What was decided")).to_be_visible()
    desk.close()


def test_each_rule_says_no_in_its_words_and_from_when_on(browser: Browser, city: City) -> None:
    today, context = date.today(), open_context(browser, city, PHONE)  # noqa: DTZ011 - whole days, months away from any edge
    page, ago = context.new_page(), timedelta(days=100)
    young = {"born": f"{today - timedelta(days=17 * 365)}", "held": f"{today - timedelta(days=500)}"}
    for told, words in ((young, "You are not 18 yet."),
                        ({"held": f"{today - ago}"}, "You have had your licence for less than 12 months."),
                        ({"violation": f"{today - ago}"}, "A major violation is less than 36 months ago.")):
        check(page, **told)
        expect(page.get_by_role("heading", name="Not yet, and here is why")).to_be_visible()
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_text(re.compile("^Come back on"))).to_be_visible()
        expect(page.get_by_role("link", name="Ask about this")).to_be_visible()
    context.close()


def test_somebody_joins_is_refused_appeals_is_approved_and_books(browser: Browser, city: City, tmp_path: Path) -> None:
    context = open_context(browser, city, PHONE)
    page, aside = context.new_page(), context.new_page()
    page.goto("/")
    page.get_by_role("link", name=re.compile("^Join:")).click()
    check(page)
    page.get_by_label("Your name, as on your licence").fill("Kim Ito")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Mobile number").fill("(312) 555-0199")
    page.get_by_label("Choose a password").fill(WORDS)
    page.get_by_role("button", name="Mail me the code").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible(timeout=30_000)
    page.get_by_label("Code from the mail").fill(code_in(aside, "/demo/mail", EMAIL))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Your number")).to_be_visible(timeout=30_000)
    page.get_by_label("Code from the text message").fill(code_in(aside, "/demo/phone", "+13125550199"))
    page.get_by_role("button", name="Confirm the number").click()

    shows_a_licence(page, tmp_path, number=TO_A_PERSON, expires=EXPIRED)
    page.get_by_label("Regular").check()
    page.get_by_role("button", name="Take this plan").click()
    page.get_by_role("button", name="Add a card").click()
    page.wait_for_url(re.compile("/demo/checkout/"))
    page.get_by_text("4242: Works").first.click()
    page.get_by_role("button", name="Keep this card").click()
    page.wait_for_url(re.compile("/join/payment"))
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_text("Sending it costs $0.00")).to_be_visible()
    sends(page)

    decided(page, "Not this time, and here is why")  # by the rule on what has expired
    expect(page.get_by_text("Your licence has expired.")).to_be_visible()
    expect(page.get_by_text("Renew it, and show us the new one.")).to_be_visible()
    expect(page.get_by_role("heading", name="Did we get it wrong?")).to_be_visible()
    page.get_by_role("link", name="Apply again").click()
    check(page)
    shows_a_licence(page, tmp_path, number=TO_A_PERSON, expires="2031-05-04")
    page.get_by_label("Regular").check()
    page.get_by_role("button", name="Take this plan").click()
    sends(page)
    expect(page.get_by_role("heading", name="We are looking at it")).to_be_visible()

    review(browser, city, REVIEWER, "refuse")
    decided(page, "Not this time, and here is why")
    expect(page.get_by_text(re.compile("^The face on the selfie"))).to_be_visible()
    page.get_by_label("What should we look at again?").fill("I have shaved since.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text(re.compile("^This is your appeal"))).to_be_visible()

    review(browser, city, COLLEAGUE, "approve")
    decided(page, "Welcome, Kim")
    page.get_by_role("link", name="Find a car").last.click()
    page.goto("/cars?near=Clark/Lake")
    page.locator(".cc[data-state=free]:not([data-body=ev]) a").first.click()
    page.get_by_role("link", name="Choose this car").and_(page.locator(":visible")).click()
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    context.close()
