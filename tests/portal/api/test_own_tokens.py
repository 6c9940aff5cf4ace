"""A member's own tokens on their page: shown once, told by mail, few, ended by their member alone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import deliver
from core.refusal import NotFound
from core.time import wall_now
from portal.api.models import ApiToken, Scope
from portal.api.own_tokens import TooManyTokens, end_own_token, live_tokens, make_own_token
from portal.api.tokens import find_token, give_token
from portal.handlers import handlers
from tests.factories import NOON
from tests.reservations.pages import browser_of, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def _made(member, **more):
    return make_own_token(**{"member": member, "name": "Home", "scopes": [Scope.READ], "days": 30, "now": NOON, **more})


def test_a_token_is_shown_once_told_by_mail_and_ended_on_the_page(app, browser, ada):
    made = browser.post("/account/tokens", name="Home <assistant>", scopes=["read", "drive"], days="90")
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    token = re.search(r"<code>(rt_[\w-]+)</code>", made.text)[1]
    row, member = find_token(token)
    assert (member.id, row.scope_set) == (ada.id, {Scope.READ, Scope.DRIVE})
    assert timedelta(days=89) < row.ends_at - wall_now() <= timedelta(days=90)
    page = browser.get("/account/tokens")
    assert token not in page.text
    assert "See my trips and bills, Open and lock the car" in words_of(page)
    outside = app.extensions["adapters"]
    deliver(handlers(outside, "https://cars.example"), limit=50)
    (letter,) = [one.get_payload(decode=True).decode() for one in outside.mail.box if "token" in one["Subject"]]
    assert row.begins in letter
    assert token not in letter
    assert browser.post(f"/account/tokens/{row.id}/end").status_code == 302
    db.session.rollback()
    assert find_token(token) is None
    assert "No program acts for you." in words_of(browser.get("/account/tokens"))


def test_nobody_ends_or_sees_the_token_of_another(site, clock, people, ada):
    row, token = _made(ada, name="Ada's own")
    bo = people.member("Bo Lindqvist")
    browser = browser_of(site, bo.user, clock)
    assert "own" not in words_of(browser.get("/account/tokens")).split("A new token")[0]
    assert [browser.post(f"/account/tokens/{number}/end").status_code for number in (row.id, 9999)] == [404, 404]
    with pytest.raises(NotFound):
        end_own_token(member=bo, token_id=row.id)
    assert find_token(token) is not None


def test_a_member_has_so_many_tokens_and_each_ends_within_a_year(browser, ada):
    ended = _made(ada)[0]
    end_own_token(member=ada, token_id=ended.id)
    rows = [_made(ada, days=9999)[0] for _ in range(10)]
    assert max(row.ends_at for row in rows) <= wall_now() + timedelta(days=365)
    with pytest.raises(TooManyTokens):
        _made(ada)
    refused = browser.post("/account/tokens", name="One more", scopes=["read"], days="30")
    assert refused.status_code == 409
    assert "as many tokens as we keep" in words_of(refused)
    with transaction():
        over = db.session.get_one(ApiToken, rows[0].id)
        over.created_at, over.ends_at = wall_now() - timedelta(days=2), wall_now() - timedelta(seconds=1)
    assert len(live_tokens(ada.id)) == 9
    _made(ada)


@pytest.mark.one_database
@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["admin"]}, {"name": " "}, {"days": "9999"}, {"days": "x"}])
def test_a_form_that_does_not_hold_makes_no_token(browser, wrong):
    form = {"name": "Home", "scopes": ["read"], "days": "30"} | wrong
    assert browser.post("/account/tokens", **form).status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


@pytest.mark.one_database
def test_a_browser_asks_for_no_box_in_particular(browser):
    boxes = re.findall(r'<input[^>]*name="scopes"[^>]*>', browser.get("/account/tokens").text)
    assert len(boxes) == len(Scope)
    assert not [box for box in boxes if " required" in box]


@pytest.mark.one_database
def test_a_token_of_the_console_without_an_end_is_listed_too(browser, ada):
    give_token(member=ada, name="Made at the console", scopes=list(Scope))
    words = words_of(browser.get("/account/tokens"))
    assert "Made at the console" in words
    assert "It has no end." in words
