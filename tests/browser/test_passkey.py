"""A passkey in a real browser, with an authenticator that the browser plays: made, used to get in, and taken away."""

import re

from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.city import City
from tests.browser.conftest import PHONE, open_context, sign_in


def an_authenticator(page: Page) -> tuple[CDPSession, str]:
    """A phone's own authenticator, whose holder shows a finger that it knows."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    return devtools, made["authenticatorId"]


def test_a_passkey_is_made_signs_in_alone_and_signs_nobody_in_once_it_is_removed(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    an_authenticator(page)
    page.add_init_script("if (!sessionStorage.offer) PublicKeyCredential.isConditionalMediationAvailable = async () => false;")
    sign_in(page, "rider0005@example.com")
    page.goto("/account/security")
    page.get_by_label("Name it").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("That passkey signs you in from now on.")).to_be_visible()
    expect(page.get_by_text("My phone")).to_be_visible()

    signs_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("last used")).to_be_visible()

    page.evaluate("sessionStorage.offer = 1")  # the field of the address offers it, and this authenticator says yes to that
    signs_out(page)
    expect(page.get_by_text("last used")).to_be_visible()

    page.evaluate("sessionStorage.clear()")
    page.get_by_role("button", name="Remove the passkey My phone").click()
    expect(page.get_by_text("That passkey signs nobody in any more.")).to_be_visible()
    signs_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("That passkey did not open anything here.")).to_be_visible()
    context.close()


def test_a_passkey_is_a_fresh_proof_only_by_somebody_whom_the_device_knows(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    devtools, authenticator = an_authenticator(page)
    sign_in(page, "rider0006@example.com")
    page.goto("/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("That passkey signs you in from now on.")).to_be_visible()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/sign-in/again?next=/account/security/password")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/account/security/password$"))
    context.close()


def signs_out(page: Page) -> None:
    """And is at the page that signs in, on the way to the security page."""
    page.get_by_role("contentinfo").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/sign-in?next=/account/security")


def test_at_a_number_for_an_address_a_sentence_says_where_passkeys_work(browser: Browser, city: City) -> None:
    context = open_context(browser, city, PHONE)
    page = context.new_page()
    page.goto(city.url.replace("localhost", "127.0.0.1") + "/sign-in")
    expect(page.get_by_text(f"Passkeys work at {city.url} only.")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    context.close()
