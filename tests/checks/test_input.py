"""Checks 28 to 36: what is typed is never a statement, a template, a trap, an address to call, or a line of the log."""

import ast
import re
import socket
import time
from inspect import signature
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField, SelectMultipleField

from config import ROOT
from core.logs import set_up_logs
from core.money import Money
from portal.licence.forms import LicenceForm
from portal.licence.submit import Details
from portal.web.forms import Form
from portal.web.say import CITY_ZONE
from tests.checks.regexes import PRODUCT, all_of_them, attacks, nested
from tests.conftest import SOAK
from tests.factories import NOON, PASSWORD
from tests.reservations.pages import Browser

pytestmark = pytest.mark.one_database


# 28: statements are written by us.

def built_of_words(source: str) -> list[int]:
    """The lines on which a statement is put together of pieces while it runs."""
    found = []
    for node in ast.walk(ast.parse(source)):
        name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
        if isinstance(node, ast.Call) and name in ("text", "exec_driver_sql", "executescript") and node.args \
                and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Call):
            found.append(node.lineno)
    return sorted(found)


# Where statements are put together of names that stand in the same file.
OF_OUR_NAMES = {"experience/promises/models.py", "experience/record/abandon.py", "experience/record/forget.py",
                "experience/record/partitions.py", "portal/billing/stripe/embedded/file.py"}


@pytest.mark.check("sql")
def test_no_statement_is_built_of_what_somebody_typed():
    found = {str(path.relative_to(ROOT)): lines for room in PRODUCT for path in (ROOT / room).rglob("*.py")
             if (lines := built_of_words(path.read_text()))}
    assert set(found) == OF_OUR_NAMES


@pytest.mark.check("sql")
def test_the_search_for_built_statements_finds_them():
    built = 'db.execute(text(f"SELECT {name}"))\ncon.exec_driver_sql("SELECT " + name)\ntext("SELECT 1")'
    assert built_of_words(built) == [1, 2]


# 29: templates are ours.

@pytest.mark.check("ssti")
def test_no_template_is_made_while_the_site_runs():
    made = re.compile(r"render_template_string|jinja_env\.from_string|jinja2\.Template|\|\s*safe\b")
    found = [path for room in (*PRODUCT, "templates") for path in (ROOT / room).rglob("*.*")
             if path.suffix in (".py", ".html") and made.search(path.read_text())]
    assert found == []
    assert made.search("render_template_string(words)")


# 32: no text keeps a pattern busy.

# How many letters callers let through, where that is less: the search, the form of remarks, and what we write ourselves.
SHORT = {"reservations/search/geocoding/wording.py": 200, "reservations/search/geocoding/online.py": 200,
         "portal/help/remarks/rules.py": 280, "portal/billing/stripe/embedded/params.py": 500, "portal/web/assets.py": 500}
FEW_MS, LONG = 0.05, 100_000


@pytest.mark.check("redos")
def test_no_pattern_repeats_a_repetition_of_the_same_letters():
    found = all_of_them()
    assert len(found) > 40
    assert [one.where for one in found if nested(one.pattern, one.flags)] == []


@pytest.mark.check("redos")
@pytest.mark.parametrize(("pattern", "is_nested"), [
    ("(a+)+$", True), (r"(\s*\w*)*x", True), ("(a|a*)+", True), (r"(?:\d[ .-]*){7,}", False),
    (r"(?:[\s,]+(?:il|usa))+$", False)])
def test_the_look_at_patterns_knows_a_trap(pattern, is_nested):
    assert nested(pattern) is is_nested


@pytest.mark.skipif(not SOAK, reason="measures time: SOAK=1")
@pytest.mark.check("redos")
@pytest.mark.parametrize("one", all_of_them(), ids=lambda one: one.where)
def test_a_hundred_kilobytes_made_for_a_pattern_keep_it_busy_for_a_blink(one):
    """Or as much as its caller lets through, where that is less."""
    slow = []
    for text in attacks(one.pattern, one.flags, SHORT.get(one.where.split(":")[0], LONG)):
        took = []
        for _ in range(3):
            began = time.perf_counter()
            one.run(text)
            took.append(time.perf_counter() - began)
            if took[-1] < FEW_MS:
                break
        if min(took) >= FEW_MS:
            slow.append((text[:40], min(took)))
    assert slow == []


# 33: nobody makes us call where they like.

@pytest.mark.check("ssrf")
@pytest.mark.parametrize("typed", [
    "http://169.254.169.254/latest/meta-data", "//10.0.0.1/", "localhost:6379", "file:///etc/passwd", "http://[::1]/",
    "gopher://127.0.0.1:25/_MAIL", "2130706433", "evil.example/State & Madison"])
def test_a_search_calls_nobody_however_it_is_written(site, clock, monkeypatch, typed):
    called: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, where: called.append(where))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_rest: called.append(where) or [])
    assert Browser(site.test_client(), clock).get("/cars", near=typed).status_code in (200, 404, 422)
    assert called == []


# 35: no form breaks over what is typed.

NASTY = ["", " ", "NaN", "1e400", "-1", "0", "00", "1" * 12, "9" * 400, "Infinity", "0x10", "1,5", "½", "\u202e", "\r\nX: y",
         "'--", "\ud7ff", "\U0001f600", "true", "None", "[]", "{}", "2026-02-30", "9999-12-31", "0001-01-01",
         "2026-11-24T25:61", "2026-W99", "a@b", "+13125550123", "(((", "%00", "a" * 5000]
# What forms are made with, by the names of their arguments; those that need a whole room around them are tried on their pages.
GIVEN: dict[str, Any] = {
    "details": Details("US-IL", "", "", None, None), "now": NOON, "issued_at": NOON, "most": Money(1000), "zone": CITY_ZONE,
    "owners": [(1, "Ana")], "team": [(1, "Ana")], "trips": [(1, "Acorn")], "lots": {1: "Lake"}, "member": None,
    "lines": [(1, "Late", Money(100))], "credit_alone": Money(100), "refund_alone": Money(100)}
ON_THEIR_PAGES = {"ChoicesForm", "EstimateForm", "TermsForm"}


def _forms(of: type = Form) -> list[type]:
    return [one for found in of.__subclasses__() for one in (found, *_forms(found))]


def _made(form: type, formdata: Any) -> Form:
    needed = [name for name, one in signature(form.__init__).parameters.items() if one.default is one.empty
              and name != "self" and one.kind is not one.VAR_KEYWORD and one.kind is not one.VAR_POSITIONAL]
    made: Form = form(**{name: GIVEN[name] for name in needed}, formdata=formdata, meta={"csrf": False})
    for field in made:
        if isinstance(field, SelectField) and field.choices is None:
            field.choices = []  # the page's to fill in
    return made


def _values(field: Field) -> st.SearchStrategy[list[str]]:
    one = st.sampled_from(NASTY) | st.text(max_size=40)
    if isinstance(field, SelectField | SelectMultipleField) and field.choices:
        one |= st.sampled_from([str(choice.value) for choice in field.iter_choices()])
    return st.lists(one, max_size=3)


@pytest.mark.check("fuzzforms")
def test_no_form_breaks_whatever_is_typed(site):
    forms = sorted({one for one in _forms() if one.__module__.split(".")[0] in PRODUCT and one.__name__ not in ON_THEIR_PAGES},
                   key=lambda one: f"{one.__module__}.{one.__name__}")
    assert len(forms) > 90
    assert LicenceForm in forms

    @settings(max_examples=1000 * len(forms) if SOAK else 300, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def never(data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(forms))
        with site.test_request_context(method="POST"):
            empty = _made(form, MultiDict())
            typed = MultiDict([(field.name, value) for field in empty for value in data.draw(_values(field))])
            assert _made(form, typed).validate() in (True, False)

    never()


# 36: the log is ours too.

@pytest.mark.check("logs")
def test_what_is_typed_writes_no_line_of_its_own_into_the_log(capsys):
    set_up_logs()
    structlog.get_logger().warning("said", words="a\r\n{\"level\": \"error\", \"event\": \"forged\"}\u2028x\x1b[2J")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "\x1b" not in lines[0]


@pytest.mark.check("logs")
def test_no_password_session_or_card_number_reaches_the_log(site, clock, people, capfd):
    ada = people.member("Ada Okafor")
    browser = Browser(site.test_client(), clock)
    browser.fill_in("/sign-in", email=ada.user.email, password="hunter2-and-some-more")
    browser.fill_in("/sign-in", email=ada.user.email, password=PASSWORD)
    browser.fill_in("/help/contact", words="My card 4242 4242 4242 4242 is broken", kind="question", email="x@example.com")
    browser.get("/cars?near=%00")
    cookie = browser.client.get_cookie("roundtrip").value
    written = "".join(capfd.readouterr())
    for secret in ("hunter2", PASSWORD, "4242 4242", cookie):
        assert secret not in written
