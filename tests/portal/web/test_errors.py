"""When something is wrong every answer is a page with words, a way on, its number and the same headers."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from core.database import db
from core.refusal import Refusal
from portal.app import create_app
from portal.web.headers import POLICY
from portal.web.page import ANYONE, SIGNED_IN, page
from tests.conftest import fresh_database, settings_for
from tests.factories import csrf_of
from tests.reservations.pages import hidden_fields, words_of


@pytest.fixture(scope="module")
def broken(request, tmp_path_factory) -> Iterator[Flask]:
    """A site with pages that break."""
    home = tmp_path_factory.mktemp("broken")
    with fresh_database(request, "sqlite", home) as address:
        yield from _broken(create_app(settings_for(home, address)))


def _broken(app: Flask) -> Iterator[Flask]:

    @app.route("/broken", methods=["GET", "POST"])
    @page(who=ANYONE, exempt="a test")
    def breaks():
        password = "hunter2"
        raise RuntimeError("the database is gone", len(password))

    @app.get("/forgotten")
    def forgotten():
        return "nobody declared who may see this"

    @app.get("/private")
    @page(who=SIGNED_IN, exempt="a test")
    def private():
        return "private"

    @app.get("/teapot")
    @page(who=ANYONE, exempt="a test")
    def teapot():
        class Teapot(Refusal):
            code, status, says, remedy = "teapot", 418, "This is a <teapot>.", "Brew tea."

        raise Teapot()

    yield app
    app.extensions["page_views"].flush()
    with app.app_context():
        db.engine.dispose()


def assert_decent(answer, status: int) -> str:
    """The right status, all headers, and a page with its number."""
    assert answer.status_code == status
    headers = answer.headers
    assert headers["Content-Security-Policy"] == POLICY
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert (headers["Cross-Origin-Opener-Policy"], headers["Cache-Control"]) == ("same-origin", "no-store")
    assert "Permissions-Policy" in headers
    number = headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{16}", number)
    words = words_of(answer)
    assert number in words
    assert 'href="/' in answer.text
    return words


@pytest.mark.check("errors")
def test_a_failure_is_a_generic_page_with_its_number_and_nothing_of_the_reason(broken, capsys):
    answer = broken.test_client().get("/broken")
    words = assert_decent(answer, 500)
    assert "Something broke on our side." in words
    for secret in ("database is gone", "RuntimeError", "Traceback", "debugger"):
        assert secret not in answer.text
    log = capsys.readouterr().err
    assert answer.headers["X-Request-Id"] in log
    assert "the database is gone" in log


@pytest.mark.check("logs")
def test_the_log_of_a_failure_has_no_values_that_were_in_hand(broken, capsys):
    broken.test_client().get("/broken?secret=tell-nobody", headers={"Cookie": "roundtrip=a-session"})
    log = capsys.readouterr().err
    assert "RuntimeError" in log
    for secret in ("hunter2", "tell-nobody", "a-session"):
        assert secret not in log
    assert len(log.strip().splitlines()) == 1  # line ends inside are encoded: nobody writes lines of their own


@pytest.mark.parametrize(("method", "address", "status", "words"), [
    ("GET", "/nowhere", 404, "There is nothing at this address."),
    ("GET", "/trips/x/nowhere", 404, "There is nothing at this address."),
    ("GET", "/assets/x/../../config.py", 404, "There is nothing at this address."),
    ("GET", "/assets/x/%2e%2e/%2e%2e/config.py", 404, "There is nothing at this address."),
    ("GET", "/assets/x/nothing.css", 404, "There is nothing at this address."),
    ("GET", "/sign-out", 405, "This address does not work that way."),
    ("PUT", "/cars", 405, "This address does not work that way."),
    ("DELETE", "/", 405, "This address does not work that way."),
    ("GET", "/teapot", 418, "This is a <teapot>. Brew tea."),
    ("POST", "/sign-in", 400, "The form was open for too long, or came from another site."),
    ("GET", "/cars?near=%00", 400, "That holds a character that is not text."),
])
@pytest.mark.check("headers")
def test_every_wrong_turn_has_words_and_headers(broken, method, address, status, words):
    assert words in assert_decent(broken.test_client().open(address, method=method), status)


def test_a_wrong_method_is_told_the_right_ones(broken):
    assert set(broken.test_client().get("/sign-out").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.check("oversize")
def test_what_is_too_large_is_refused_in_words(broken):
    client = broken.test_client()
    token = csrf_of(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"csrf_token": token, "email": "x" * 2_000_000})
    assert "That is too large to send." in assert_decent(answer, 413)


@pytest.mark.check("matrix")
def test_a_route_that_forgot_to_say_who_may_see_it_is_shut(broken):
    assert "This page is not open to you." in assert_decent(broken.test_client().get("/forgotten"), 403)


@pytest.mark.parametrize("host", [
    "evil.example", "localhost.evil.example", "localhost:80@evil.example", "evil.example:80", "", "LOCALHOST.", "127.0.0.2",
    "[::1]", "a" * 300, "localhost/evil",
])
@pytest.mark.check("host")
def test_an_unknown_host_is_refused(broken, host):
    answer = broken.test_client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8000", "127.0.0.1:1"])
def test_the_hosts_we_answer_to_are_answered(broken, host):
    assert broken.test_client().get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "Forwarded"])
@pytest.mark.check("host")
def test_what_a_proxy_might_say_steers_no_link(broken, header):
    client = broken.test_client()
    answer = client.get("/private", headers={header: "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.headers["Location"] == "/sign-in?next=/private"


def test_private_pages_lead_to_the_sign_in_page_and_back_with_their_question(broken):
    answer = broken.test_client().get("/private?a=1&b=2")
    assert answer.headers["Location"] == "/sign-in?next=/private?a%3D1%26b%3D2"


def test_a_head_request_has_the_headers_and_no_body(broken):
    answer = broken.test_client().head("/pricing")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.check("headers")
def test_https_is_demanded_for_good_in_production_only(broken, monkeypatch):
    client = broken.test_client()
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    monkeypatch.setitem(broken.config, "APP_ENV", "production")
    assert "max-age=63072000" in client.get("/healthz").headers["Strict-Transport-Security"]
    assert client.get("/styleguide").status_code == 404


@pytest.mark.check("cache")
def test_current_assets_are_kept_for_a_year_and_others_for_a_minute(broken):
    client, version = broken.test_client(), broken.extensions["assets"]["version"]
    current = client.get(f"/assets/{version}/css/roundtrip.css").headers["Cache-Control"]
    assert "immutable" in current
    assert "max-age=31536000" in current
    assert "max-age=60" in client.get("/assets/old/css/roundtrip.css").headers["Cache-Control"]


def test_a_page_names_its_step_or_says_why_it_has_none():
    with pytest.raises(ValueError, match="exempt"):
        page(who=ANYONE)


@pytest.mark.check("headers")
def test_there_is_no_inline_script_or_style_on_any_page_a_visitor_sees(broken):
    client = broken.test_client()
    for address in ("/", "/cars", "/cars/acorn", "/pricing", "/how-it-works", "/privacy", "/sign-in", "/nowhere"):
        text = client.get(address).text
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), address
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), address
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text), address


@pytest.mark.check("csrf")
def test_forms_of_another_session_are_refused(broken):
    mine, theirs = broken.test_client(), broken.test_client()
    token = hidden_fields(theirs.get("/sign-in").text)["csrf_token"]
    mine.get("/sign-in")
    answer = mine.post("/sign-in", data={"csrf_token": token, "email": "a@example.com", "password": "x"})
    assert_decent(answer, 400)
