"""Pages as a member opens them: signed in, with the tokens of the forms filled in."""

import html
import re
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.database import db
from core.time import service_clock
from portal.account.models import User
from portal.account.sessions import begin_session
from portal.web.live import TOKEN
from tests.factories import Clock, csrf_of

BEACON = re.compile(r'(?<=data-beacon=")[^"]*')  # the signed page


@dataclass
class Browser:
    """A client that fills in forms as a person would.

    Each request runs apart from the test's own open context, which it would otherwise share `g` with; what the test
    has loaded is loaded again afterwards.
    """

    client: FlaskClient
    clock: Clock

    def send(self, address: str, **request: Any) -> TestResponse:
        """Any request."""
        try:
            return Context().run(self._send, address, request)
        finally:
            if has_app_context():
                db.session.rollback()

    def _send(self, address: str, request: dict[str, Any]) -> TestResponse:
        with service_clock(self.clock):
            return self.client.open(address, buffered=True, **request)

    def get(self, address: str, /, headers: dict[str, str] | None = None, **args: Any) -> TestResponse:
        return self.send(address, query_string=args or None, headers=headers)

    def post(self, address: str, **typed: Any) -> TestResponse:
        """Send a form with a fresh token against forgery."""
        return self.send(address, method="POST", data={"csrf_token": self.token(), **typed})

    def token(self) -> str:
        """A token of this session: of the button that signs out, or of the page that signs in."""
        page = self.get("/privacy").text
        return csrf_of(page if 'name="csrf_token"' in page else self.get("/sign-in").text)

    def fill_in(self, address: str, **typed: Any) -> TestResponse:
        """Open a page, take its form's hidden fields, type, and send it to the same address."""
        return self.send(address, method="POST", data=hidden_fields(self.get(address).text) | typed)


def browser_of(site: Flask, user: User, clock: Clock) -> Browser:
    """A browser in which somebody is signed in; without the sign-in page, which has tests of its own."""
    browser = Browser(site.test_client(), clock)
    Context().run(_enter, site, browser.client, user.id)
    return browser


def _enter(site: Flask, client: FlaskClient, user_id: int) -> None:
    with site.app_context():
        token = begin_session(db.session.get_one(User, user_id), remember=False, device="test")
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True


def hidden_fields(page: str) -> dict[str, str]:
    """Every hidden field of a page's main part."""
    main = page.split("<main", 1)[1].split("</main>", 1)[0]
    found = {"csrf_token": csrf_of(page)}  # a form without fields has it in the step note below
    for field in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", main):
        name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
        if name:
            found[name[1]] = html.unescape(value[1]) if value else ""
    return found


def words_of(answer: TestResponse) -> str:
    """What the page's main part says, without markup."""
    main = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(html.unescape(re.sub(r"<(svg|script).*?</\1>|<[^>]+>", " ", main, flags=re.S)).split())


def without_its_number(answer: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers of an answer, without what names this one request: its number and its own address."""
    number, address = answer.headers["X-Request-Id"], answer.request.path
    headers = sorted((key, value) for key, value in answer.headers
                     if key not in ("X-Request-Id", "Set-Cookie", "Content-Length"))
    return answer.status_code, BEACON.sub("", TOKEN.sub("", answer.text.replace(number, "#").replace(address, "#"))), headers
