"""Whoever looks at licences is asked in one way: our own rules, and a service over HTTP that goes by the same ones."""

import base64
import io
import json
import threading
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

import config
from core.outbox import TryLater
from portal.adapters import build_adapters
from portal.licence.models import Side
from portal.licence.numbers import looks_right, plain_number
from portal.licence.port import HttpCheck, OnlyPeople, OwnRules, Says, Shown, Verdict
from portal.licence.reasons import WORDS
from portal.licence.reasons import LicenceReason as R
from tests.portal.licence.showing import photo

pytestmark = pytest.mark.one_database
SHOWN = Shown("US", "IL", "D40012345678", "Ada Okafor", date(1990, 1, 1), date(2015, 3, 1), date(2029, 3, 1),
              date(2026, 11, 24), {side: photo(50) for side in Side})


class _Service(BaseHTTPRequestHandler):
    """A service that answers by our own rules, if it is asked as it should be; `odd` is answered as it is."""

    odd: bytes | None = None

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Bearer secret"
        assert self.headers["Idempotency-Key"] == "once-1"
        pictures = {Side(side): base64.b64decode(jpeg) for side, jpeg in sent.pop("pictures").items()}
        for jpeg in pictures.values():
            Image.open(io.BytesIO(jpeg)).close()
        days = {name: date.fromisoformat(sent.pop(name)) for name in ("born_on", "held_since", "expires_on", "today")}
        try:
            verdict = OwnRules().look(Shown(**sent, **days, pictures=pictures), once="once-1")
        except TryLater:
            self.send_response(503)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.odd if self.odd is not None else json.dumps(
            {"verdict": verdict.says, "reasons": list(verdict.reasons)}).encode())

    def log_message(self, *_said):
        """Nothing."""


@pytest.fixture
def service(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield HttpCheck(f"http://127.0.0.1:{server.server_port}/licences", "secret", timeout_seconds=5)
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["own rules", "http"])
def check(request):
    return OwnRules() if request.param == "own rules" else request.getfixturevalue("service")


@pytest.mark.parametrize(("changes", "verdict"), [
    ({}, Verdict(Says.CLEAR)),
    ({"expires_on": date(2026, 11, 24)}, Verdict(Says.CLEAR)),  # its last day counts
    ({"expires_on": date(2026, 11, 23)}, Verdict(Says.REFUSED, (R.EXPIRED,))),
    ({"number": "12345"}, Verdict(Says.UNCLEAR, (R.NUMBER_UNUSUAL,))),
    ({"country": "XX", "region": ""}, Verdict(Says.UNCLEAR, (R.FROM_ABROAD,))),
    ({"country": "CA", "region": "ON", "number": "anything7"}, Verdict(Says.CLEAR)),
    ({"number": "D40000009901"}, Verdict(Says.UNCLEAR, (R.CHECK_UNCLEAR,))),
    ({"number": "D40000009902"}, Verdict(Says.REFUSED, (R.NOT_A_LICENCE,))),
    ({"number": "D40000009903"}, Verdict(Says.REFUSED, (R.DETAILS_DIFFER,))),
    ({"number": "D40000009904"}, Verdict(Says.UNCLEAR, (R.FACE_DIFFERS,))),
    ({"number": "D40000009905"}, Verdict(Says.REFUSED, (R.UNREADABLE,))),
    ({"pictures": {}}, Verdict(Says.CLEAR)),  # a re-check, after they are gone
])
def test_every_check_says_the_same(check, changes, verdict):
    assert check.look(replace(SHOWN, **changes), once="once-1") == verdict


def test_who_does_not_answer_is_asked_later(check):
    with pytest.raises(TryLater):
        check.look(replace(SHOWN, number="D40000009906"), once="once-1")


def test_a_service_that_is_not_there_is_asked_later(free_port):
    with pytest.raises(TryLater):
        HttpCheck(f"http://127.0.0.1:{free_port}/", "secret", timeout_seconds=1).look(SHOWN, once="once-1")


@pytest.mark.parametrize("odd", [b"", b"[]", b'"clear"', b"{}", b'{"verdict": "splendid"}',
                                 b'{"verdict": "refused", "reasons": 3}'])
def test_an_answer_that_makes_no_sense_is_none(service, monkeypatch, odd):
    monkeypatch.setattr(_Service, "odd", odd)
    with pytest.raises(TryLater):
        service.look(SHOWN, once="once-1")


@pytest.mark.parametrize("odd", [b'{"verdict": "refused"}', b'{"verdict": "refused", "reasons": ["astrology", null]}'])
def test_nobody_is_refused_for_what_we_cannot_tell_them(service, monkeypatch, odd):
    monkeypatch.setattr(_Service, "odd", odd)
    assert service.look(SHOWN, once="once-1") == Verdict(Says.UNCLEAR, (R.CHECK_UNCLEAR,))


def test_every_reason_has_words_and_what_to_do(app):
    with app.test_request_context():
        assert all(str(WORDS[reason].says) and str(WORDS[reason].mend) for reason in R)


def test_production_without_a_service_leaves_every_licence_to_a_person():
    assert OnlyPeople().look(SHOWN, once="once-1").says is Says.UNCLEAR
    assert OnlyPeople().look(replace(SHOWN, expires_on=date(2020, 1, 1)), once="once-1").reasons == (R.EXPIRED,)


def test_a_service_that_is_half_set_up_keeps_the_site_from_starting(tmp_path):
    place = {"APP_ENV": "demo", "PORTAL_HOME": str(tmp_path)}
    both = {"LICENCE_CHECK_URL": "https://check.example/licences", "LICENCE_CHECK_TOKEN": "t"}
    assert isinstance(build_adapters(config.load(place)).licences, OwnRules)
    assert isinstance(build_adapters(config.load(place | both)).licences, HttpCheck)
    for missing in both:
        with pytest.raises(config.Misconfigured, match=missing):
            config.load(place | {name: value for name, value in both.items() if name != missing})
    with pytest.raises(config.Misconfigured, match="LICENCE_CHECK_URL"):
        config.load(place | both | {"LICENCE_CHECK_URL": "ftp://check.example"})


@pytest.mark.parametrize(("state", "number", "fits"), [
    ("IL", "d400-1234 5678", True), ("IL", "40012345678", False), ("CA", "A1234567", True), ("TX", "12345678", True),
    ("TX", "A2345678", False), ("WA", "WDLABCD456DG", True),
])
def test_numbers_are_compared_as_the_states_have_them(state, number, fits):
    assert looks_right("US", state, plain_number(number)) is fits
