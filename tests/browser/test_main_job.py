"""The main job in a real browser: search, sign in, book, flash, unlock, fuel, return, receipt - and both desks see it."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import DESKTOP, PHONE, open_context, sign_in

RIDERS = {"phone": "rider0001@example.com", "desktop": "rider0002@example.com"}
SIZES = {"phone": PHONE, "desktop": DESKTOP}


def find_and_book(page: Page, email: str, near: str) -> None:
    """From the home page as a visitor to a booking: the sign-in comes only when it is needed."""
    page.goto("/")
    page.get_by_label("Where").fill(near)
    page.get_by_role("button", name="Find a car").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cars near")
    page.locator(".cc[data-state=free]:not([data-body=ev]) a").first.click()
    page.get_by_role("link", name="Choose this car").and_(page.locator(":visible")).click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("roundtrip-demo-2026")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Check and book")).to_be_visible()
    page.get_by_text("Plus, for this trip").click()
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("Booked.")).to_be_visible()


def unlock(page: Page, trip: str) -> None:
    """From the trip's page to the open car."""
    page.goto(trip)
    page.get_by_role("link", name="I’m here: check and unlock").click()
    page.get_by_role("button", name="As listed: unlock").click()
    expect(page.get_by_text("Unlocked at")).to_be_visible(timeout=12_000)


def vin_of(page: Page) -> str:
    """The car's number, read off the insurance certificate of the trip."""
    here = page.url
    page.get_by_role("link", name=re.compile("Insurance")).first.click()
    text = page.get_by_role("main").inner_text()
    page.goto(here)
    found = re.search(r"Vehicle number\s+(\w{17})", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_visitor_becomes_a_driver_and_both_desks_see_the_trip(browser: Browser, city: City, size: str) -> None:
    context = open_context(browser, city, SIZES[size])
    page = context.new_page()
    find_and_book(page, RIDERS[size], {"phone": "State & Madison", "desktop": "Damen and Division"}[size])
    name = page.locator("h2.big").inner_text()
    reference = page.url.rsplit("/", 1)[1].split("#")[0]
    vin = vin_of(page)

    page.get_by_role("button", name="Flash lights").click()
    expect(page.get_by_text("Lights flashed at")).to_be_visible(timeout=12_000)

    page.get_by_role("link", name="I’m here: check and unlock").click()
    page.get_by_role("button", name="As listed: unlock").click()
    expect(page.get_by_text("Unlocked at")).to_be_visible(timeout=12_000)

    expect(page).to_have_title(re.compile("^Back in bay .* · Roundtrip"))
    page.get_by_role("button", name="Spotless").click()
    expect(page.get_by_text("How clean is it inside?")).to_be_hidden()
    before = int(page.locator(".facts").inner_text().split(" mi")[0].split()[-1].replace(",", ""))
    city.play(vin, drive={"miles": 12, "minutes": 25})
    expect(page.locator(".facts")).to_contain_text(f"{before + 12:,} mi", timeout=5_000)

    page.get_by_role("link", name="Fuel stop").click()
    page.get_by_label("I did, and I have the receipt").check()
    page.get_by_label("Amount").fill("4.20")
    page.get_by_label("Gallons").fill("1.1")
    page.get_by_label("Station").fill("Corner Gas, Ashland Ave")
    page.get_by_role("button", name="Log this stop").click()
    expect(page.get_by_text("Logged.")).to_be_visible()

    page.get_by_text("How is this step going?").click()
    page.get_by_role("button", name="Good").first.click()

    page.goto(f"/trips/{reference}")
    page.get_by_role("link", name="Return the car").click()
    page.get_by_label("Full").check()
    page.get_by_role("button", name="Lock and end the trip").click()
    expect(page).to_have_url(re.compile("/receipt"), timeout=15_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your trip: $")
    expect(page.get_by_text("Your receipt, refunded")).to_be_visible()
    page.get_by_text("Why did I get $4.20?").click()
    expect(page.get_by_text("The stop you logged on this trip")).to_be_visible()
    page.goto("/account/profile")
    rider = page.get_by_label("Name").first.input_value()
    context.close()

    fleet = open_context(browser, city, DESKTOP)
    desk = fleet.new_page()
    sign_in(desk, "fleet@example.com")
    desk.goto(f"/fleet/?q={name}")
    desk.get_by_role("link", name=name, exact=True).first.click()
    story = desk.get_by_role("region", name="What happened")
    expect(story).to_contain_text(re.compile(rf"{re.escape(rider)} brought it back\s*12 miles"))
    fleet.close()

    cx = open_context(browser, city, DESKTOP)
    desk = cx.new_page()
    sign_in(desk, "cx@example.com")
    desk.goto("/experience/steps/return.checklist")
    desk.locator("a[href*='/experience/journeys/']").first.click()
    journey = desk.get_by_role("main")
    for step in ("Book", "Unlock", "Refuel", "Return"):  # the newest return is this rider's, and so is its journey
        expect(journey).to_contain_text(step)
    expect(journey).to_contain_text("Good")
    desk.goto("/experience/feedback?status=new&mood=good")
    expect(desk.locator("tbody tr").first).to_contain_text("Good")
    cx.close()


def test_from_home_to_a_booking_takes_a_member_less_than_a_minute(browser: Browser, city: City) -> None:
    context = open_context(browser, city)
    page = context.new_page()
    sign_in(page, "rider0003@example.com")
    page.goto("/")
    began = time.monotonic()
    page.get_by_label("Where").fill("Merchandise Mart")
    page.get_by_role("button", name="Find a car").click()
    page.locator(".cc[data-state=free] a").first.click()
    page.get_by_role("link", name="Choose this car").and_(page.locator(":visible")).click()
    page.get_by_role("button", name=re.compile("^Book for")).click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert time.monotonic() - began < 60
    context.close()


def test_book_again_takes_three_taps_and_the_car_opens_in_two(browser: Browser, city: City) -> None:
    context = open_context(browser, city)
    page = context.new_page()
    sign_in(page, "member@example.com")
    page.goto("/trips")
    taps = 0
    page.get_by_role("link", name="Book again").first.click()
    taps += 1
    page.locator("#now .cc a").first.click()
    taps += 1
    page.get_by_role("button", name=re.compile("^Book for")).click()
    taps += 1
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert taps <= 3

    taps = 0
    page.get_by_role("link", name="I’m here: check and unlock").click()
    taps += 1
    page.get_by_role("button", name="As listed: unlock").click()
    taps += 1
    expect(page.get_by_text("Unlocked at")).to_be_visible(timeout=12_000)
    assert taps <= 2
    context.close()


def test_a_silent_car_is_told_and_answers_when_it_is_heard_again(browser: Browser, city: City) -> None:
    context = open_context(browser, city)
    page = context.new_page()
    find_and_book(page, "rider0004@example.com", "Chicago & Halsted")
    vin = vin_of(page)
    city.misbehave(vin, silent=True)
    page.get_by_role("button", name="Flash lights").click()
    expect(page.get_by_text("The car did not answer.")).to_be_visible(timeout=15_000)
    city.misbehave(vin)
    page.get_by_role("button", name="Flash lights").click()
    expect(page.get_by_text("Lights flashed at")).to_be_visible(timeout=12_000)
    context.close()


def test_what_happens_at_a_car_is_on_all_three_pages_within_five_seconds(browser: Browser, city: City) -> None:
    street = open_context(browser, city)
    page = street.new_page()
    find_and_book(page, "rider0006@example.com", "Wicker Park")
    name, vin = page.locator("h2.big").inner_text(), vin_of(page)
    page.get_by_role("link", name="I’m here: check and unlock").click()
    page.get_by_role("button", name="As listed: unlock").click()
    expect(page.get_by_text("Unlocked at")).to_be_visible(timeout=12_000)

    office = open_context(browser, city, DESKTOP)
    board = office.new_page()
    sign_in(board, "fleet@example.com")
    board.goto(f"/fleet/?q={name}")
    row = board.locator("tbody tr").filter(has_text=name).first
    expect(row).to_contain_text("In use")
    miles = int(row.locator("td").last.inner_text().replace(",", "").split()[0])

    city.play(vin, drive={"miles": 30, "minutes": 40})
    city.play(vin, door="open")
    expect(page.locator(".facts")).to_contain_text("1 door open", timeout=5_000)
    expect(row).to_contain_text(f"{miles + 30:,}", timeout=5_000)

    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_text("A door is open.")).to_be_visible(timeout=12_000)
    experience = open_context(browser, city, DESKTOP)
    desk = experience.new_page()
    sign_in(desk, "cx@example.com")
    desk.goto("/experience/steps/drive.lock")
    expect(desk.get_by_role("main")).to_contain_text("car_door_open", timeout=5_000)
    for context in (street, office, experience):
        context.close()
