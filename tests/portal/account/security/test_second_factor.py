"""The second factor: no session without it, each code counts once, and guessing ends after five tries."""

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from config import Misconfigured, load
from core.database import db, transaction
from core.time import wall_now
from portal.account.models import Role, SignedIn, SignInFailure
from portal.account.security.authenticator import code_at, use_code
from portal.account.security.models import HalfSignIn, RecoveryCode
from portal.account.security.recovery_codes import codes_left, draft_codes, keep_codes, use_recovery_code
from portal.account.security.second_factor import take_away
from portal.account.security.tries import CODES, WITHIN
from tests.portal.account.security.made import an_app, at_the_code, code_of, later
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of

NOT_THAT = "000000"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def secret(site, ada):
    return an_app(site, ada.user)


def test_the_password_alone_begins_no_session(site, clock, ada, secret):
    browser = at_the_code(site, clock, ada.user.email, "/trips")
    assert db.session.scalars(select(SignedIn)).all() == []
    assert browser.get("/account/").headers["Location"].startswith("/sign-in?")
    answer = browser.fill_in("/sign-in/code?next=/trips", code=code_of(secret))
    assert answer.headers["Location"] == "/trips"
    assert browser.get("/account/").status_code == 200
    assert db.session.scalars(select(SignedIn.two_factors)).all() == [True]


@pytest.mark.check("totp")
def test_a_code_counts_once_also_in_another_browser(site, clock, ada, secret):
    first, second = (at_the_code(site, clock, ada.user.email) for _ in range(2))
    code = code_of(secret)
    assert first.fill_in("/sign-in/code", code=code).status_code == 302
    answer = second.fill_in("/sign-in/code", code=code)
    assert answer.status_code == 401
    assert "That code does not count." in words_of(answer)


def test_of_many_who_use_one_code_at_once_one_is_let_in(site, app, ada, secret):
    code, right, seal = code_of(secret), [], app.extensions["adapters"].seal

    def use() -> None:
        with site.app_context():
            right.append(use_code(ada.user_id, code, seal=seal))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == [False] * 7 + [True]


@pytest.mark.one_database
@pytest.mark.check("totp")
def test_a_code_is_over_when_its_half_minute_and_the_next_are(site, app, ada, secret):
    code, seal = code_of(secret), app.extensions["adapters"].seal
    with later(seconds=61):
        assert not use_code(ada.user_id, code, seal=seal)
        assert use_code(ada.user_id, code_of(secret), seal=seal)


@pytest.mark.check("totp")
def test_after_five_wrong_codes_the_right_one_waits_a_quarter_of_an_hour(site, clock, app, ada, secret):
    for _ in range(CODES):
        browser = at_the_code(site, clock, ada.user.email)  # a right password gives no more tries
        assert browser.fill_in("/sign-in/code", code=NOT_THAT).status_code == 401
    browser = at_the_code(site, clock, ada.user.email)
    assert browser.fill_in("/sign-in/code", code=code_of(secret)).status_code == 429
    with transaction():
        db.session.execute(update(SignInFailure).values(at=wall_now() - WITHIN))
    assert browser.fill_in("/sign-in/code", code=code_of(secret)).status_code == 302


def test_recovery_codes_are_ten_kept_as_hashes_and_good_once(site, clock, app, ada, secret):
    codes = draft_codes()
    keep_codes(ada.user_id, codes)
    assert len(codes) == len(set(codes)) == 10
    stored = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert all(one.startswith("$argon2id$") for one in stored)
    code = next(iter(codes))
    browser = at_the_code(site, clock, ada.user.email)
    assert browser.fill_in("/sign-in/code", code=f" {code.upper()} ").status_code == 302
    again = at_the_code(site, clock, ada.user.email)
    assert again.fill_in("/sign-in/code", code=code).status_code == 401
    db.session.rollback()
    assert codes_left(ada.user_id) == 9
    keep_codes(ada.user_id, draft_codes())
    assert not use_recovery_code(ada.user_id, list(codes)[1])


def test_a_half_finished_sign_in_ends_after_ten_minutes_and_once_it_is_finished(site, clock, app, ada, secret):
    browser = at_the_code(site, clock, ada.user.email)
    form = hidden_fields(browser.get("/sign-in/code").text)
    with transaction():
        db.session.execute(update(HalfSignIn).values(ends_at=wall_now() - timedelta(seconds=1)))
    answer = browser.send("/sign-in/code", method="POST", data=form | {"code": code_of(secret)})
    assert answer.headers["Location"] == "/sign-in"
    browser = at_the_code(site, clock, ada.user.email)
    thief = Browser(site.test_client(), clock)
    thief.client.set_cookie("roundtrip", browser.client.get_cookie("roundtrip").value)
    assert browser.fill_in("/sign-in/code", code=code_of(secret)).status_code == 302
    with later(seconds=31):
        assert thief.get("/sign-in/code").status_code == 302


# Setting it up.

def _secret_on(page: str) -> str:
    return re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def test_setting_up_takes_a_code_gives_ten_more_and_signs_every_other_device_out(site, clock, ada):
    mine, other = browser_of(site, ada.user, clock), browser_of(site, ada.user, clock)
    page = mine.get("/account/security/app")
    assert "<svg" in page.text
    fields = hidden_fields(page.text)
    wrong = mine.send("/account/security/app", method="POST", data=fields | {"code": NOT_THAT})
    assert wrong.status_code == 401
    assert _secret_on(wrong.text) == _secret_on(page.text)
    done = mine.send("/account/security/app", method="POST", data=fields | {"code": code_of(_secret_on(page.text))})
    codes = re.findall(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert len(codes) == 10
    assert mine.get("/account/security").status_code == 200
    assert other.get("/account/security").status_code == 302
    assert codes[0] not in mine.get("/account/security").text


@pytest.mark.one_database
def test_a_secret_shown_to_somebody_else_is_not_taken(site, clock, people, ada):
    theirs = hidden_fields(browser_of(site, people.member().user, clock).get("/account/security/app").text)["sealed"]
    mine = browser_of(site, ada.user, clock)
    fields = hidden_fields(mine.get("/account/security/app").text)
    answer = mine.send("/account/security/app", method="POST", data=fields | {"sealed": theirs, "code": NOT_THAT})
    seal = site.extensions["adapters"].seal
    assert _secret_on(answer.text) not in seal.open(theirs)


def test_without_it_the_password_is_enough_again(site, clock, app, ada, secret):
    take_away(user=ada.user)
    browser = Browser(site.test_client(), clock)
    assert browser.fill_in("/sign-in", email=ada.user.email, password="a-long-enough-password").headers["Location"] == "/"
    assert codes_left(ada.user_id) == 0


# Staff.

@pytest.fixture
def strict(site):
    site.config["STAFF_SECOND_FACTOR"] = True


@pytest.mark.check("totp")
def test_no_desk_opens_to_staff_without_a_second_factor(site, clock, people, strict):
    browser = browser_of(site, people.staff(Role.FLEET), clock)
    for sent in (browser.get("/fleet/"), browser.post("/fleet/cars/acorn/out-of-service")):
        assert (sent.status_code, sent.headers["Location"]) == (302, "/account/security/app")
    page = browser.get("/account/security/app")
    assert "Your desk opens as soon as this is done." in words_of(page)
    browser.send("/account/security/app", method="POST",
                 data=hidden_fields(page.text) | {"code": code_of(_secret_on(page.text))})
    assert browser.get("/fleet/").status_code == 200


def test_staff_sign_in_with_a_code_and_are_at_their_desk(site, clock, people, strict):
    mara = people.staff(Role.CX)
    secret = an_app(site, mara)
    browser = at_the_code(site, clock, mara.email)
    assert browser.get("/experience/").headers["Location"].startswith("/sign-in?")
    assert browser.fill_in("/sign-in/code", code=code_of(secret)).headers["Location"] == "/experience/"


@pytest.mark.one_database
def test_staff_cannot_take_theirs_away(site, clock, people, strict):
    mara = people.staff(Role.CX)
    an_app(site, mara)
    browser = browser_of(site, mara, clock)
    browser.post("/account/security/app/remove")
    assert at_the_code(site, clock, mara.email)


@pytest.mark.one_database
def test_production_refuses_to_do_without(tmp_path):
    given = {"APP_ENV": "production", "PORTAL_HOME": str(tmp_path), "SECRET_KEY": "s" * 40, "WORDS_KEY": "x" * 43 + "=",
             "DATABASE_URL": "postgresql://localhost/x", "SERVER_NAMES": "example.com", "SMTP_URL": "smtp://mail.example",
             "TELEMATICS_URL": "http://cars.example", "TELEMATICS_TOKEN": "t", "SITE_URL": "https://example.com",
             "STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}
    assert load(given)["STAFF_SECOND_FACTOR"] is True
    with pytest.raises(Misconfigured, match="STAFF_SECOND_FACTOR is off"):
        load(given | {"STAFF_SECOND_FACTOR": "0"})


@pytest.mark.one_database
def test_codes_stand_on_the_page_of_the_demo_city_only_and_for_staff_only(site, clock, people, ada, secret, strict):
    mara = people.staff(Role.CX)
    staff_secret = an_app(site, mara)
    for demo, place, email, shown in ((True, "demo", mara.email, True), (False, "demo", mara.email, False),
                                      (True, "production", mara.email, False), (True, "demo", ada.user.email, False)):
        site.config.update(DEMO_CITY=demo, APP_ENV=place)
        page = at_the_code(site, clock, email).get("/sign-in/code").text
        assert ('id="demo-code"' in page) is shown
        shown_codes = [code_at(staff_secret, wall_now() - timedelta(seconds=ago)) for ago in (0, 30, 60)]
        assert any(code in page for code in shown_codes) is shown
