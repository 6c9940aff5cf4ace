"""Signing in: nobody learns who exists, a session is one token that dies everywhere at once."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, select, update

import config
from core.database import db, transaction
from core.time import wall_now
from portal.account import passwords
from portal.account.errors import TooManyTries, WrongPassword
from portal.account.models import Role, SignedIn, SignInFailure, User
from portal.account.next_page import safe_next
from portal.account.passwords import hash_password, matches, outdated
from portal.account.security.password_tries import TRIES, WITHIN, Place
from portal.account.sessions import ABSOLUTE, IDLE, REMEMBERED, begin_session, end_all_sessions, find_session
from portal.account.sign_in import sign_in
from portal.app import create_app
from tests.conftest import settings_for
from tests.factories import NOON, PASSWORD, People, csrf_of
from tests.reservations.made import steps
from tests.reservations.pages import Browser, browser_of, without_its_number, words_of

HERE = Place("192.0.2.1")


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def visitor_(site, clock):
    return Browser(site.test_client(), clock)


def typed(browser: Browser, email: str, password: str = PASSWORD, **more):
    return browser.fill_in("/sign-in", email=email, password=password, **more)


# Who exists stays unknown.

@pytest.mark.check("enum")
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(site, clock, ada):
    answers = []
    for email in (ada.user.email, ada.user.email.replace("member", "nobody")):
        browser = Browser(site.test_client(), clock)
        answer = typed(browser, email, "not-the-right-password")
        status, body, headers = without_its_number(answer)
        token = csrf_of(answer.text)
        answers.append((status, body.replace(email, "EMAIL").replace(token, "TOKEN"), headers))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_the_answer_says_what_to_do_and_keeps_the_address_but_not_the_password(visitor_, ada):
    answer = typed(visitor_, ada.user.email, "not-the-right-password")
    assert "That e-mail address and password do not match. Check both and try again." in words_of(answer)
    assert f'value="{ada.user.email}"' in answer.text
    assert "not-the-right-password" not in answer.text


@pytest.mark.check("enum")
def test_a_disabled_user_gets_the_answer_of_somebody_unknown(app, visitor_, ada):
    with transaction():
        ada.user.disabled_at = wall_now()
    assert typed(visitor_, ada.user.email).status_code == 401


@pytest.mark.check("enum")
def test_a_check_without_a_user_takes_a_hash_too(monkeypatch):
    computed = []
    monkeypatch.setattr(passwords, "_hasher", type("Counting", (), {
        "verify": lambda _self, made, password: computed.append(made) or PasswordHasher().verify(made, password),
        "hash": passwords._hasher.hash})())
    assert not matches("any password", None)
    assert not matches("any password", hash_password("another"))
    assert len(computed) == 2


# Floods.

@pytest.mark.check("brute")
def test_after_ten_wrong_passwords_an_address_waits_whether_it_exists_or_not(visitor_, ada):
    for email in (ada.user.email, "nobody@example.com"):
        for _ in range(TRIES):
            assert typed(visitor_, email, "wrong").status_code == 401
        answer = typed(visitor_, email)
        assert answer.status_code == 429
        assert "Wait 15 minutes and try again. Your account is safe." in words_of(answer)


@pytest.mark.one_database
def test_after_a_quarter_of_an_hour_the_right_password_works_again(app, ada):
    for _ in range(TRIES):
        with pytest.raises(WrongPassword):
            sign_in(email=ada.user.email, password="wrong", remember=False, device="", place=HERE)
    with pytest.raises(TooManyTries):
        sign_in(email=ada.user.email, password=PASSWORD, remember=False, device="", place=HERE)
    with transaction():
        db.session.execute(update(SignInFailure).values(at=wall_now() - WITHIN))
    assert sign_in(email=ada.user.email, password=PASSWORD, remember=False, device="", place=HERE)


def test_a_success_forgets_the_failures_before_it_and_another_address_is_not_held_up(app, people, ada):
    for _ in range(TRIES - 1):
        with pytest.raises(WrongPassword):
            sign_in(email=ada.user.email, password="wrong", remember=False, device="", place=HERE)
    assert sign_in(email=ada.user.email, password=PASSWORD, remember=False, device="", place=HERE)
    assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 0
    assert sign_in(email=people.member().user.email, password=PASSWORD, remember=False, device="", place=HERE)


def test_no_address_is_kept_of_those_who_failed(app):
    with pytest.raises(WrongPassword):
        sign_in(email="Somebody@Example.com", password="wrong", remember=False, device="", place=HERE)
    (row,) = db.session.scalars(select(SignInFailure))
    assert len(row.account_hash) == 64
    assert "somebody" not in row.account_hash


def test_a_wrong_password_is_a_refused_step_and_no_success(app, ada):
    with pytest.raises(WrongPassword):
        sign_in(email=ada.user.email, password="wrong", remember=False, device="", place=HERE)
    assert steps() == [("manage.sign_in", "refused", "wrong_password")]
    sign_in(email=f"  {ada.user.email.upper()} ", password=PASSWORD, remember=False, device="", place=HERE)
    assert steps()[-1] == ("manage.sign_in", "succeeded", None)


@pytest.mark.one_database
@pytest.mark.check("brute")
def test_too_many_sign_ins_from_one_place_wait_too(limited_site):
    client = limited_site.test_client()
    token = csrf_of(client.get("/sign-in").text)
    answers = [client.post("/sign-in", data={"email": f"a{n}@example.com", "password": "x", "csrf_token": token})
               for n in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {401}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["Retry-After"]) <= 60
    assert "too often" in words_of(answers[20])


# Sessions.

def cookie(browser: Browser, name: str = "roundtrip"):
    return browser.client.get_cookie(name)


def with_cookies(site, browser: Browser, clock) -> Browser:
    """A thief's browser: the same cookies."""
    copy = Browser(site.test_client(), clock)
    for name in ("roundtrip", "roundtrip_remember"):
        if cookie(browser, name):
            copy.client.set_cookie(name, cookie(browser, name).value)
    return copy


@pytest.mark.check("fixation")
def test_signing_in_begins_a_new_session_and_the_visitors_old_cookie_is_nobody(site, clock, visitor_, ada):
    visitor_.get("/sign-in")
    before = with_cookies(site, visitor_, clock)
    old = cookie(visitor_).value
    typed(visitor_, ada.user.email)
    assert cookie(visitor_).value != old
    assert visitor_.get("/account/").status_code == 200
    assert before.get("/account/").status_code == 302


def test_each_sign_in_has_a_token_of_its_own_and_only_its_hash_is_stored(site, clock, app, ada):
    for _ in range(2):
        typed(Browser(site.test_client(), clock), ada.user.email)
    hashes = db.session.scalars(select(SignedIn.token_hash)).all()
    assert len(set(hashes)) == 2
    assert all(len(one) == 64 for one in hashes)


@pytest.mark.check("logout")
def test_signing_out_kills_a_copied_cookie_in_every_process(site, clock, ada, tmp_path, database_url):
    mine = browser_of(site, ada.user, clock)
    thief = with_cookies(site, mine, clock)
    another_process = create_app(settings_for(tmp_path, database_url))
    elsewhere = with_cookies(another_process, mine, clock)
    assert thief.get("/account/").status_code == elsewhere.get("/account/").status_code == 200
    assert mine.post("/sign-out").status_code == 302
    for browser in (mine, thief, elsewhere):
        assert browser.get("/account/").headers["Location"].startswith("/sign-in")
    another_process.extensions["page_views"].flush()
    with another_process.app_context():
        db.engine.dispose()


@pytest.mark.one_database
def test_signing_out_needs_the_token_against_forgery(site, clock, ada):
    mine = browser_of(site, ada.user, clock)
    assert mine.send("/sign-out", method="POST").status_code == 400
    assert mine.get("/account/").status_code == 200


def test_keep_me_signed_in_survives_the_end_of_the_browser_and_ends_with_sign_out(site, clock, ada):
    mine = browser_of_remembering(site, ada, clock)
    reopened = Browser(site.test_client(), clock)
    reopened.client.set_cookie("roundtrip_remember", cookie(mine, "roundtrip_remember").value)
    assert reopened.get("/account/").status_code == 200
    mine.post("/sign-out")
    assert cookie(mine, "roundtrip_remember") is None
    late = Browser(site.test_client(), clock)
    late.client.set_cookie("roundtrip_remember", cookie(reopened, "roundtrip_remember").value)
    assert late.get("/account/").status_code == 302
    assert reopened.get("/account/").status_code == 302


def browser_of_remembering(site, member, clock) -> Browser:
    browser = Browser(site.test_client(), clock)
    assert typed(browser, member.user.email, remember="y").status_code == 302
    return browser


@pytest.mark.one_database
def test_without_it_there_is_no_remember_cookie(site, clock, ada):
    browser = Browser(site.test_client(), clock)
    typed(browser, ada.user.email)
    assert cookie(browser, "roundtrip_remember") is None


@pytest.mark.parametrize(("remember", "column", "ago", "alive"), [
    (False, "seen_at", IDLE - timedelta(minutes=1), True), (False, "seen_at", IDLE + timedelta(minutes=1), False),
    (True, "seen_at", IDLE + timedelta(days=3), True),
    (False, "ends_at", timedelta(minutes=1), False), (True, "ends_at", timedelta(minutes=1), False),
])
@pytest.mark.check("timeout")
def test_sessions_end_when_idle_and_after_their_time(app, ada, remember, column, ago, alive):
    token = begin_session(ada.user, remember=remember, device="")
    with transaction():
        db.session.execute(update(SignedIn).values({column: wall_now() - ago}))
    assert bool(find_session(token)) is alive


@pytest.mark.one_database
@pytest.mark.check("timeout")
def test_how_long_sessions_last(app, ada):
    for remember, length in ((False, ABSOLUTE), (True, REMEMBERED)):
        begin_session(ada.user, remember=remember, device="")
        row = db.session.scalars(select(SignedIn).order_by(SignedIn.id.desc())).first()
        assert row.ends_at - row.created_at == pytest.approx(length, abs=timedelta(seconds=1))


def test_a_session_is_touched_every_five_minutes_at_most(app, ada):
    token = begin_session(ada.user, remember=False, device="")
    for ago, touched in ((4, False), (6, True)):
        then = wall_now() - timedelta(minutes=ago)
        with transaction():
            db.session.execute(update(SignedIn).values(seen_at=then))
        find_session(token)
        db.session.rollback()
        assert (db.session.scalars(select(SignedIn.seen_at)).one() != then) is touched


@pytest.mark.check("revoke")
def test_disabling_a_user_ends_the_very_next_request(site, clock, app, ada):
    mine = browser_of(site, ada.user, clock)
    with transaction():
        db.session.get_one(User, ada.user_id).disabled_at = wall_now()
    assert mine.get("/account/").status_code == 302


@pytest.mark.check("revoke")
def test_a_role_taken_away_closes_its_pages_at_the_next_request(site, clock, app, people):
    mara = people.staff(Role.FLEET)
    browser = Browser(site.test_client(), clock)
    typed(browser, mara.email)
    assert browser.get("/fleet/").status_code == 200
    with transaction():
        db.session.get_one(User, mara.id).role_rows.clear()
    assert browser.get("/fleet/").status_code == 403


@pytest.mark.check("logout")
def test_everywhere_means_everywhere(site, clock, app, ada):
    browsers = [browser_of(site, ada.user, clock) for _ in range(2)]
    end_all_sessions(ada.user)
    assert {browser.get("/account/").status_code for browser in browsers} == {302}


@pytest.mark.one_database
@pytest.mark.parametrize("forged", ["", "x", "e30.x.y", "A" * 4000])
def test_a_cookie_that_is_not_ours_is_nobody(site, clock, forged):
    browser = Browser(site.test_client(), clock)
    for name in ("roundtrip", "roundtrip_remember"):
        browser.client.set_cookie(name, forged)
    assert browser.get("/account/").status_code == 302
    assert browser.get("/").status_code == 200


# Where to next.

SAFE = ["/trips", "/cars?near=State+%26+Madison&start=2026-11-25T12%3A00", "/trips/abc#car-says", "/", "/cars/%2f%2fe"]
UNSAFE = ["//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil",
          "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", "/\t/evil.example", "/\n/evil",
          "\t//evil.example", " //evil.example", "/\x00/evil", "", "?x", "@evil.example", "/\\/evil.example",
          "%2f%2fevil.example", "/\r\nSet-Cookie: x=y", "//[::1", "/sign-out", "/no-such-page"]


@pytest.mark.one_database
@pytest.mark.parametrize("target", SAFE)
def test_after_signing_in_people_go_where_they_were_going(site, clock, ada, target):
    browser = Browser(site.test_client(), clock)
    page = browser.get("/sign-in", next=target)
    answer = browser.send("/sign-in", method="POST", query_string={"next": target}, data={
        "csrf_token": csrf_of(page.text), "email": ada.user.email, "password": PASSWORD})
    assert answer.headers["Location"] == target


@pytest.mark.parametrize("target", UNSAFE)
@pytest.mark.check("redirect")
def test_nobody_is_sent_to_another_site(shared_app, target):
    with shared_app.test_request_context():
        assert safe_next(target) == "/"


@pytest.mark.one_database
def test_where_they_were_going_survives_a_wrong_password(site, clock, ada):
    browser = Browser(site.test_client(), clock)
    asked = browser.get("/trips?before=x")
    assert asked.headers["Location"] == "/sign-in?next=/trips?before%3Dx"
    page = browser.send(asked.headers["Location"])
    typed_in = {"csrf_token": csrf_of(page.text), "email": ada.user.email}
    browser.send(asked.headers["Location"], method="POST", data=typed_in | {"password": "wrong"})
    answer = browser.send(asked.headers["Location"], method="POST", data=typed_in | {"password": PASSWORD})
    assert answer.headers["Location"] == "/trips?before=x"


@pytest.mark.one_database
@pytest.mark.parametrize(("role", "home"), [
    (Role.FLEET, "/fleet/"), (Role.CX, "/experience/"), (Role.SUPPORT, "/office/help/")])
def test_staff_start_at_their_desk(site, clock, people, role, home):
    browser = Browser(site.test_client(), clock)
    assert typed(browser, people.staff(role).email).headers["Location"] == home


@pytest.mark.one_database
@pytest.mark.check("redirect")
def test_who_is_signed_in_needs_no_sign_in_page(site, clock, ada):
    mine = browser_of(site, ada.user, clock)
    assert mine.get("/sign-in", next="/trips").headers["Location"] == "/trips"
    assert mine.get("/sign-in", next="//evil.example").headers["Location"] == "/"


# Cookies and hashes.

@pytest.mark.one_database
@pytest.mark.check("cookies")
def test_cookies_are_for_the_browser_only_and_for_this_site_only(site, clock, ada):
    browser = Browser(site.test_client(), clock)
    answer = typed(browser, ada.user.email, remember="y")
    made = answer.headers.getlist("Set-Cookie")
    assert {one.split("=", 1)[0] for one in made} == {"roundtrip", "roundtrip_remember", "roundtrip_device"}
    for one in made:
        flags = {part.strip().split("=")[0].lower() for part in one.split(";")[1:]}
        assert {"httponly", "samesite", "path"} <= flags
        assert "SameSite=Lax" in one
        assert "domain" not in flags
        assert len(one) < 4096


@pytest.mark.check("cookies")
def test_production_cookies_are_bound_to_the_host_and_to_https(tmp_path):
    settings = config.load({
        "APP_ENV": "production", "PORTAL_HOME": str(tmp_path), "SECRET_KEY": "s" * 40, "WORDS_KEY": "x" * 43 + "=",
        "DATABASE_URL": "postgresql://localhost/x", "SERVER_NAMES": "example.com", "SMTP_URL": "smtp://mail.example",
        "TELEMATICS_URL": "http://cars.example", "TELEMATICS_TOKEN": "t", "SITE_URL": "https://example.com",
        "STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"})
    for kind in ("SESSION", "REMEMBER"):
        assert settings[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        assert settings[f"{kind}_COOKIE_SECURE"]
        assert settings[f"{kind}_COOKIE_HTTPONLY"]
        assert settings[f"{kind}_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.check("hash")
def test_passwords_are_argon2id_in_the_owasp_profile():
    made = extract_parameters(hash_password("a password"))
    assert (made.type.name, made.memory_cost, made.time_cost, made.parallelism) == ("ID", 19_456, 2, 1)
    assert hash_password("a password") != hash_password("a password")


@pytest.mark.one_database
@pytest.mark.check("hash")
def test_a_weaker_hash_is_made_stronger_at_the_next_sign_in(app, ada):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with transaction():
        db.session.get_one(User, ada.user_id).password_hash = weak
    assert outdated(weak)
    sign_in(email=ada.user.email, password=PASSWORD, remember=False, device="", place=HERE)
    db.session.rollback()
    assert not outdated(ada.user.password_hash)
    assert matches(PASSWORD, ada.user.password_hash)


@pytest.mark.parametrize("password_hash", ["", "plain", "$argon2id$broken", "$2b$12$" + "x" * 53])
def test_a_hash_that_is_none_matches_nothing(password_hash):
    assert not matches("", password_hash)
    assert not matches("plain", password_hash)


@pytest.mark.one_database
@pytest.mark.parametrize(("email", "password", "words"), [
    ("", "x", "Type your e-mail address."), ("not an address", "x", "looks like name@example.com"),
    ("a@example.com", "", "Type your password."), ("x" * 4096 + "@example.com", "x", ""),
    ("a@example.com", "x" * 4096, ""), ("' OR 1=1 --@example.com", "x", ""), ("a@example.com\r\nBcc: b@c.de", "x", ""),
])
def test_what_cannot_be_a_sign_in_is_said_in_words(site, clock, email, password, words):
    answer = typed(Browser(site.test_client(), clock), email, password)
    assert answer.status_code in (401, 422)
    assert words in words_of(answer)


@pytest.mark.one_database
def test_the_device_of_a_session_is_what_the_browser_called_itself(site, clock, app, ada):
    browser = Browser(site.test_client(), clock)
    page = browser.get("/sign-in")
    browser.send("/sign-in", method="POST", headers={"User-Agent": "A browser" + "x" * 500}, data={
        "csrf_token": csrf_of(page.text), "email": ada.user.email, "password": PASSWORD})
    assert db.session.scalars(select(SignedIn.device)).one() == ("A browser" + "x" * 500)[:200]


@pytest.mark.one_database
def test_people_are_made_at_noon_by_the_service_clock(app, clock):
    assert People().member().joined_at == NOON
