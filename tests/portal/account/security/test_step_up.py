"""Sensitive pages ask again who is there; nothing that was typed is lost over it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.money import Money
from core.time import wall_now
from portal.account.models import MemberStatus, Role, SignedIn, User
from portal.billing.payers.terms import terms_of
from portal.web.page import declared_of
from tests.factories import PASSWORD, csrf_of
from tests.portal.account.security.made import an_app, code_of
from tests.portal.business.made import a_business, drives_with
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of

pytestmark = pytest.mark.one_database
SENSITIVE = ("security.set_up", "security.remove", "security.codes", "security.password",
             "security.add_passkey", "security.add_options", "security.remove_passkey",
             "contact.number", "contact.forget", "profile.email", "licence.renew", "cards.remove", "cards.use_first",
             "tokens.make", "office.decide_dispute", "office.decide_adjustment", "office.send_again", "cx_cases.remedy")


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


def proved(ago: timedelta) -> None:
    with transaction():
        db.session.execute(update(SignedIn).values(proved_at=wall_now() - ago))


def copied(site, browser, clock) -> Browser:
    copy = Browser(site.test_client(), clock)
    copy.client.set_cookie("roundtrip", browser.client.get_cookie("roundtrip").value)
    return copy


@pytest.mark.parametrize("endpoint", SENSITIVE)
@pytest.mark.check("stepup")
def test_what_decides_who_gets_in_or_where_money_goes_is_declared_so(shared_app, endpoint):
    assert declared_of(shared_app, endpoint).fresh


@pytest.mark.parametrize(("minutes", "asked"), [(9, False), (11, True)])
@pytest.mark.check("stepup")
def test_a_proof_counts_for_ten_minutes(site, clock, app, ada, minutes, asked):
    browser = browser_of(site, ada.user, clock)
    proved(timedelta(minutes=minutes))
    answer = browser.get("/account/security/password")
    assert (answer.status_code == 302) is asked
    assert not asked or answer.headers["Location"] == "/sign-in/again?next=/account/security/password"


@pytest.mark.check("fixation")
def test_after_the_password_they_are_back_with_another_cookie_and_the_old_one_is_nobodys(site, clock, app, ada):
    browser = browser_of(site, ada.user, clock)
    thief = copied(site, browser, clock)
    proved(timedelta(hours=1))
    where = browser.get("/account/security/password").headers["Location"]
    assert "That is not your password." in words_of(browser.fill_in(where, password="not-the-right-one"))
    assert browser.fill_in(where, password=PASSWORD).headers["Location"] == "/account/security/password"
    assert browser.get("/account/security/password").status_code == 200
    assert thief.get("/account/security").status_code == 302
    assert len(db.session.scalars(select(SignedIn)).all()) == 1


def test_whoever_has_a_second_factor_is_asked_for_both(site, clock, app, ada):
    secret = an_app(site, ada.user)
    browser = browser_of(site, ada.user, clock)
    proved(timedelta(hours=1))
    assert browser.fill_in("/sign-in/again", password=PASSWORD).status_code == 422
    assert browser.fill_in("/sign-in/again", password=PASSWORD, code="000000").status_code == 401
    assert browser.fill_in("/sign-in/again", password=PASSWORD, code=code_of(secret)).status_code == 302


def test_a_form_that_came_too_late_changes_nothing_and_is_sent_on_after_the_proof(site, clock, app, ada):
    browser = browser_of(site, ada.user, clock)
    token = csrf_of(browser.get("/account/contact").text)
    proved(timedelta(hours=1))
    held = browser.send("/account/contact/number", method="POST",
                        data={"csrf_token": token, "number": "(312) 555-0123", "password": "nobody keeps this"})
    assert held.status_code == 403
    assert "what you typed is kept" in words_of(held)
    asked = browser.send("/sign-in/again?next=/account/contact/number", method="POST", data=hidden_fields(held.text))
    fields = hidden_fields(asked.text)
    sent_on = browser.send("/sign-in/again?next=/account/contact/number", method="POST", data=fields | {"password": PASSWORD})
    assert 'action="/account/contact/number"' in sent_on.text
    fields = hidden_fields(sent_on.text)
    assert fields["number"] == "(312) 555-0123"
    assert "password" not in fields
    assert browser.send("/account/contact/number", method="POST", data=fields).headers["Location"] == "/account/contact#number"


def test_a_form_held_for_somebody_else_or_forged_is_not_sent_on(site, clock, app, people, ada):
    theirs = browser_of(site, people.member().user, clock)
    proved(timedelta(hours=1))
    held = hidden_fields(theirs.post("/account/contact/number", number="1").text)["held"]
    mine = browser_of(site, ada.user, clock)
    for forged in (held, held + "x", "x"):
        fields = hidden_fields(mine.get("/sign-in/again").text)
        answer = mine.send("/sign-in/again", method="POST", data=fields | {"held": forged, "password": PASSWORD})
        assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https:evil", "javascript:alert(1)", "/%2f%2fevil"])
@pytest.mark.check("redirect")
def test_nobody_is_led_to_another_site(site, clock, ada, target):
    browser = browser_of(site, ada.user, clock)
    page = browser.get("/sign-in/again", next=target)
    answer = browser.send("/sign-in/again", method="POST", query_string={"next": target},
                          data=hidden_fields(page.text) | {"password": PASSWORD})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(("status", "answer"), [
    (MemberStatus.ACTIVE, 403), (MemberStatus.CLOSED, 403), (MemberStatus.APPLICANT, 302)])
@pytest.mark.check("stepup")
def test_a_card_is_added_after_a_proof_but_while_joining(site, clock, app, people, status, answer):
    browser = browser_of(site, people.member(status=status).user, clock)
    proved(timedelta(hours=1))
    assert browser.post("/account/payments/cards").status_code == answer


@pytest.mark.check("stepup")
@pytest.mark.parametrize("staff", [False, True])
def test_a_name_is_changed_after_a_proof_and_how_hours_are_written_without_one(site, clock, people, ada, staff):
    user = people.staff(Role.FLEET) if staff else ada.user
    before, browser = user.name, browser_of(site, user, clock)
    for minutes, name, status, after in ((11, before, 302, before), (11, "Eve O.", 403, before), (0, "Eve O.", 302, "Eve O.")):
        proved(timedelta(minutes=minutes))
        assert browser.post("/account/profile", name=name, hours="24").status_code == status
        assert db.session.scalars(select(User.name).where(User.id == user.id)).one() == after


@pytest.mark.check("stepup")
@pytest.mark.parametrize("business", [False, True])
def test_what_others_may_spend_is_changed_after_a_proof(site, clock, app, people, ada, business):
    ben = people.member("Ben Cole")
    payer = a_business("Lakeside", ben, admins=(ada.user,)) if business else drives_with(ada, ben)
    browser = browser_of(site, ada.user, clock)
    address = f"/business/{payer.id}/drivers/{ben.id}" if business else f"/account/drivers/{ben.id}"
    for minutes, answered, monthly in ((11, 403, None), (0, 302, Money(12_000))):
        proved(timedelta(minutes=minutes))
        assert browser.post(address, cover="premium", monthly="120.00", classes=["compact"]).status_code == answered
        assert terms_of(payer.id, ben.id).monthly == monthly
