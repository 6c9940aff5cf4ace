"""Notifications in a real browser: permission is asked on the tap and not before, and what comes twice is shown once."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City, running_city
from tests.browser.conftest import open_context, sign_in
from tests.portal.messages.outside import PushService

SAID = PushService(url="https://push.example").browser()
# A test has no push service on the internet: what the browser would answer is given, what our script asks of it is kept.
STAND_IN = """
window.asked = 0;
const request = Notification.requestPermission.bind(Notification);
Notification.requestPermission = () => { window.asked += 1; return request(); };
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async function (options) {
  localStorage.setItem('key', new Uint8Array(options.applicationServerKey).length + ' ' + options.userVisibleOnly);
  return { toJSON: () => ({ endpoint: '%s', keys: { p256dh: '%s', auth: '%s' } }) };
};
""" % (SAID.endpoint, SAID.p256dh, SAID.auth)  # noqa: UP031 - braces are JavaScript's


@pytest.fixture(scope="module")
def city(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city whose notifications go to browsers."""
    home = tmp_path_factory.mktemp("city")
    shutil.copytree(built, home, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAPID_CONTACT", "mailto:ops@cars.example")
        with running_city(home) as running:
            yield running


def at_the_choices(browser: Browser, city: City, who: str, *permissions: str) -> Page:
    context = open_context(browser, city)
    context.grant_permissions(list(permissions), origin=city.url)
    context.add_init_script(STAND_IN)
    page = context.new_page()
    sign_in(page, who)
    page.goto("/account/contact")
    return page


def test_a_tap_asks_subscribes_and_lists_the_device_and_a_message_sent_twice_is_shown_once(browser, city):
    page = at_the_choices(browser, city, "rider0003@example.com", "notifications")
    button = page.get_by_role("button", name="Notify me on this device")
    expect(button).to_be_visible()
    assert page.evaluate("window.asked") == 0, "nobody is asked before the tap"
    button.click()
    expect(page.get_by_text("Notifications are on for this device.")).to_be_visible()
    expect(page.locator("#devices")).to_contain_text("Chrome on Linux")
    assert page.evaluate("localStorage.getItem('key')") == "65 true"

    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(
        each["registrationId"] for each in said["registrations"] if not each["isDeleted"]))
    session.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(300)
    said = json.dumps({"title": "Acorn may not be ready", "url": "/inbox/1", "tag": "1"})
    for _ in range(2):
        session.send("ServiceWorker.deliverPushMessage", {"origin": city.url, "registrationId": found[0], "data": said})
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications())"
    expect_shown = f"{shown}.then((all) => all.map((one) => [one.title, one.tag, one.data.url]))"
    page.wait_for_function(f"{shown}.then((all) => all.length > 0)")
    assert page.evaluate(expect_shown) == [["Acorn may not be ready", "1", "/inbox/1"]]
    page.context.close()


def test_a_browser_that_says_no_says_what_to_do(browser, city):
    page = at_the_choices(browser, city, "rider0004@example.com")
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name="Notify me on this device").click()
    expect(page.get_by_text("Allow notifications for this site in its settings")).to_be_visible()
    expect(page.get_by_text("They are on for no device yet.")).to_be_visible()
    page.context.close()
