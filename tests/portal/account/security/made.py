"""People with second factors, and browsers that type their codes."""

from datetime import timedelta

import time_machine
from flask import Flask

from core.time import wall_now
from portal.account.models import User
from portal.account.security.authenticator import code_at, keep_authenticator, new_secret
from tests.factories import PASSWORD, Clock
from tests.reservations.pages import Browser


def an_app(site: Flask, user: User) -> str:
    """The secret of the authenticator that this user has from now on."""
    secret = new_secret()
    with site.app_context():
        keep_authenticator(user, secret, seal=site.extensions["adapters"].seal)
    return secret


def code_of(secret: str) -> str:
    """What the app shows now."""
    return code_at(secret, wall_now())


def at_the_code(site: Flask, clock: Clock, email: str, next_page: str = "") -> Browser:
    """A browser whose password was right, before the page that asks for the code."""
    browser = Browser(site.test_client(), clock)
    answer = browser.fill_in(f"/sign-in?next={next_page}" if next_page else "/sign-in", email=email, password=PASSWORD)
    assert answer.headers["Location"].startswith("/sign-in/code"), answer.text
    return browser


def later(**by: float) -> time_machine.travel:
    """The wall's clock that much later, inside the block."""
    return time_machine.travel(wall_now() + timedelta(**by), tick=True)
