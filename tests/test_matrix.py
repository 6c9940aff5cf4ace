"""Who may open what: every route for everybody, against a table that is read in review.

After a deliberate change: `UPDATE_MATRIX=1 pytest tests/test_matrix.py` writes tests/matrix.csv anew; look at the
difference before you commit it. A cell is the answer's status; `sign-in` is the way to the sign-in page.
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, event
from werkzeug.routing import Rule

from core.database import db, transaction
from portal.account.looks.models import DeskLook
from portal.app import create_app
from portal.web.headers import POLICY
from portal.web.page import declared_of
from tests.behind_doors import LAST, address_of, objects_of, objects_of_nobody, people_of_every_role
from tests.conftest import SOAK, fresh_database, settings_for
from tests.factories import Clock

TABLE = Path(__file__).with_name("matrix.csv")
WHO = ("anon", "applicant", "member", "other", "fleet", "cx", "support", "finance", "reviewer", "admin")
NO_BUSINESS = {"events", "identities", "sessions",  # what a GET may write: the record of the visit, its last use,
               "asks", "ask_log", "asked_members",  # that a question was seen, and who looked at what is a member's
               "picture_views", "tier_looks", "desk_looks"}
# Pages of the office with a hole in their address that are no member's: businesses and their invoices, our own letters, what
# was written for everybody, and the pictures, which have a trail of their own.
NOBODYS = {"/office/businesses/<int(max=2147483647):payer_id>", "/office/invoices/<int(max=2147483647):invoice_id>",
           "/office/invoices/<int(max=2147483647):invoice_id>.pdf",
           "/office/help/templates/<int(max=2147483647):template_id>", "/office/help/suggestions/<uuid:suggestion_id>",
           "/office/help/remarks/<uuid:remark_id>",
           "/office/applications/<uuid:matter_id>/<any(front, back, selfie):side>",
           # the payer of this walk is a business; a member's: tests/portal/privacy/test_access.py
           *(f"/office/payers/<int(max=2147483647):payer_id>{page}" for page in ("", "/goodwill", "/notice", "/rows.csv"))}
# The processor sends people back with a GET: what is written is the question to it what became of its page.
BACK = ("GET", "/account/payments/back/<uuid:page_id>")
FORGED = ({}, {"csrf_token": ""}, {"csrf_token": "forged"})
WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody got: status (or the way to the sign-in page), headers, and the tables that were written."""

    says: str
    headers: dict[str, str]
    wrote: frozenset[str]


Walk = dict[tuple[str, str, str], Answer]  # method, rule, who


@pytest.fixture(scope="module")
def app(request, tmp_path_factory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("matrix")
    with fresh_database(request, "sqlite", home) as url:
        made = create_app(settings_for(home, url, DEMO_CITY=True))
        yield made
        made.extensions["page_views"].flush()
        with made.app_context():
            db.engine.dispose()


























def _rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (
        LAST.index(rule.endpoint) + 1 if rule.endpoint in LAST else 0, rule.rule))


@pytest.fixture(scope="module")
def walk(app) -> Walk:
    """Everybody tries every door once: GET as it is, POST with a token against forgery and nothing else."""
    clock, wrote, answers = Clock(), set(), {}
    with app.app_context():
        browsers, ada = people_of_every_role(app, clock)
        objects = objects_of(ada, app)
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: wrote.update(
            WRITES.findall(statement)))
    tokens = {who: browser.token() for who, browser in browsers.items()}
    for rule in _rules(app):
        for method in sorted(rule.methods & {"GET", "POST"}):
            for who in WHO:
                if rule.rule.startswith("/office/") and "<" in rule.rule and method == "GET":
                    _forget_looks(app)
                wrote.clear()
                sent = {"csrf_token": tokens[who]} if method == "POST" else None
                answer = browsers[who].send(address_of(rule, objects), method=method, data=sent)
                to_sign_in = answer.headers.get("Location", "").startswith("/sign-in?next=")
                says = "sign-in" if to_sign_in else str(answer.status_code)
                answers[method, rule.rule, who] = Answer(says, dict(answer.headers), frozenset(wrote))
    return answers


def _forget_looks(app: Flask) -> None:
    """The same page again within the hour is the same look: so each page's own is seen."""
    with app.app_context(), transaction():
        db.session.execute(delete(DeskLook))


def _table(walk: Walk) -> list[list[str]]:
    doors = sorted({(rule, method) for method, rule, _who in walk})
    return [["method", "rule", *WHO],
            *([method, rule, *(walk[method, rule, who].says for who in WHO)] for rule, method in doors)]


@pytest.mark.check("matrix")
def test_everybody_gets_what_the_table_says(walk):
    if os.environ.get("UPDATE_MATRIX"):
        with TABLE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_table(walk))
    with TABLE.open(newline="") as file:
        written = list(csv.reader(file))
    assert _table(walk) == written, "see the first lines of this file for what to do after a deliberate change"


def test_whoever_of_the_office_opens_what_is_one_members_is_written_down(walk):
    opened = [(rule, "desk_looks" in answer.wrote) for (method, rule, _who), answer in walk.items()
              if method == "GET" and rule.startswith("/office/") and "<" in rule and answer.says == "200"]
    assert {rule for rule, noted in opened if not noted} == NOBODYS
    assert len({rule for rule, noted in opened if noted}) >= 10


def test_nothing_breaks_whoever_asks(walk):
    assert [door for door, answer in walk.items() if answer.says.startswith("5")] == []


@pytest.mark.check("idor")
def test_a_members_trip_exists_for_that_member_only(walk):
    for (_method, rule, who), answer in walk.items():
        if rule.startswith(("/trips/<", "/inbox/<", "/account/contact/devices/<",
                            "/account/statement/<", "/account/disputes/<", "/account/notices/<",
                            "/inbox/conversations/<",
                            "/account/payments/<", "/account/payments/cards/<", "/account/payments/pages/<")):
            assert (answer.says != "404") or who != "member", rule
            if who in ("applicant", "other"):
                assert answer.says == "404", rule


def test_pages_for_staff_are_closed_to_members_and_to_other_staff(walk):
    desks = {"/fleet/": {"fleet", "admin"}, "/experience/": {"cx", "admin"}, "/office/": {"finance", "admin"}}
    help_desk, reviewers = {"support", "cx", "admin"}, {"reviewer", "admin"}
    for (method, rule, who), answer in walk.items():
        if rule.startswith(("/office/applications/", "/office/tiers/")) or rule == "/office/":
            allowed = reviewers if rule != "/office/" else reviewers | {"finance"}
            if rule.endswith(":side>") or method == "POST":  # a picture, or what it decides
                allowed = {"reviewer"}
            assert (answer.says in ("sign-in", "403")) == (who not in allowed), (rule, who)
            continue
        if rule.startswith("/office/help/"):
            assert (answer.says in ("sign-in", "403")) == (who not in help_desk), (rule, who)
            continue
        if "/promises" in rule and rule.startswith("/office/"):  # whoever speaks with members may promise them something
            speaks = (help_desk | {"finance"}) - ({"cx"} if rule.endswith("/promises/new") else set())  # by name: cx in a case
            assert (answer.says in ("sign-in", "403")) == (who not in speaks), (rule, who)
            continue
        for desk, owners in desks.items():
            if rule.startswith(desk) and who not in owners:
                assert answer.says == ("sign-in" if who == "anon" else "403"), (rule, who)


@pytest.mark.check("matrix")
def test_every_route_declares_who_may_open_it_and_which_step_it_is_or_why_none(app):
    for rule in app.url_map.iter_rules():
        declared = declared_of(app, rule.endpoint)
        assert declared is not None, rule.rule
        assert (declared.step is None) == bool(declared.exempt), rule.rule


@pytest.mark.check("headers")
def test_every_answer_has_the_security_headers(walk):
    for door, answer in walk.items():
        said = answer.headers
        assert said["Content-Security-Policy"] == POLICY, door
        assert said["X-Content-Type-Options"] == "nosniff", door
        assert said["Referrer-Policy"] == "same-origin", door
        assert said["Cross-Origin-Opener-Policy"] == "same-origin", door
        assert re.fullmatch(r"[0-9a-f]{16}", said["X-Request-Id"]), door
        assert "Server" not in said or "Werkzeug" not in said["Server"], door


@pytest.mark.check("cache")
def test_nothing_private_is_kept_by_caches(walk):
    public = ("/assets/", "/map/")
    for (method, rule, who), answer in walk.items():
        kept = answer.headers["Cache-Control"]
        own = "private, no-cache" if rule.startswith("/calendar/") else "no-store"  # a calendar program asks about its own copy
        assert kept == own or rule.startswith(public), (method, rule, who)


@pytest.mark.check("cache")
def test_no_cookie_travels_with_what_caches_keep(walk):
    for door, answer in walk.items():
        if "public" in answer.headers["Cache-Control"]:
            assert "Set-Cookie" not in answer.headers, door


@pytest.mark.check("safe_get")
def test_looking_changes_no_business(walk):
    wrote = {door: answer.wrote - NO_BUSINESS for door, answer in walk.items() if door[0] == "GET" and door[:2] != BACK}
    assert {door: tables for door, tables in wrote.items() if tables} == {}


@pytest.mark.check("csrf")
def test_without_the_token_against_forgery_every_unsafe_door_is_shut(app):
    clock = Clock()
    with app.app_context():
        browsers, _ada = people_of_every_role(app, clock)
        objects = objects_of_nobody()
        wrote: set[str] = set()
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: wrote.update(
            WRITES.findall(statement)))
    unsafe = [rule for rule in app.url_map.iter_rules() if rule.methods - {"GET", "HEAD", "OPTIONS"}]
    assert len(unsafe) > 15
    for rule in unsafe:
        if rule.endpoint in ("stripe.webhook", "contact.one_click"):
            continue  # machines: a signature speaks for them (tests/portal/billing/test_webhooks.py, …/contact/test_contact.py)
        if declared_of(app, rule.endpoint).by_token is not None:
            continue  # no cookie opens these, whatever form comes with it (tests/portal/api/test_door.py)
        for nth, who in enumerate(("anon", "member", "fleet", "cx")):
            for sent in FORGED if SOAK else (FORGED[nth % len(FORGED)],):  # each door meets all of them in any case
                wrote.clear()
                answer = browsers[who].send(address_of(rule, objects), method="POST", data=sent)
                assert answer.status_code == 400, (rule.rule, who)
                assert "The form was open for too long, or came from another site." in answer.text
                assert not wrote - NO_BUSINESS


