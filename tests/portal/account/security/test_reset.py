"""The way back by mail: nobody learns who exists, a link is the site's own, short-lived and good once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.database import db, transaction
from core.outbox import OutboxRow, deliver
from core.time import wall_now
from portal.account.models import SignedIn, User
from portal.account.passwords import matches
from portal.account.security.models import PasswordReset
from portal.account.security.reset import LETTERS
from portal.handlers import handlers
from tests.factories import PASSWORD, csrf_of
from tests.portal.account.security.made import an_app
from tests.reservations.pages import Browser, browser_of, without_its_number, words_of

NEW = "wandering otters at dusk"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def visitor_(site, clock):
    return Browser(site.test_client(), clock)


def letters(app) -> list[str]:
    """What was mailed, and by now is due."""
    outside = app.extensions["adapters"]
    deliver(handlers(outside, "https://cars.example"), limit=50)
    return [f"{one['To']} {one['Subject']} {one.get_payload(decode=True).decode()}" for one in outside.mail.box]


def links(app, email: str) -> set[str]:
    """Those of all letters to the address: a folder of mail has no order."""
    return set(re.findall(r"https://cars\.example(/sign-in/reset/\S+)", " ".join(one for one in letters(app) if email in one)))


def link_to(app, browser: Browser, email: str) -> str:
    before = links(app, email)
    assert browser.fill_in("/sign-in/forgot", email=email).status_code == 200
    (new,) = links(app, email) - before
    return new


@pytest.mark.check("enum")
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(site, clock, app, ada):
    answers, rows = [], []
    for email in (ada.user.email, ada.user.email.replace("member", "nobody")):
        browser = Browser(site.test_client(), clock)
        answer = browser.fill_in("/sign-in/forgot", email=email)
        status, body, headers = without_its_number(answer)
        answers.append((status, body.replace(email, "EMAIL"), headers))
        rows.append(db.session.scalar(select(func.count()).select_from(OutboxRow)))
    assert answers[0] == answers[1]
    assert rows == [1, 2]
    assert len([one for one in letters(app) if "new password" in one]) == 1
    assert db.session.scalars(select(PasswordReset.email_sealed)).all() == [None, None]


@pytest.mark.check("reset")
def test_the_link_signs_out_everywhere_and_works_once(site, clock, app, ada, visitor_):
    mine = browser_of(site, ada.user, clock)
    link = link_to(app, visitor_, ada.user.email)
    row = db.session.scalars(select(PasswordReset)).one()
    assert link.rsplit("/", 1)[1] not in (row.token_hash or "")
    assert visitor_.get(link).status_code == visitor_.get(link).status_code == 200  # looking uses nothing up
    assert "one of the first" in words_of(visitor_.fill_in(link, password="roundtrip roundtrip"))
    token = csrf_of(visitor_.get(link).text)
    assert visitor_.fill_in(link, password=NEW).headers["Location"] == "/sign-in"
    assert mine.get("/account/").status_code == 302
    assert db.session.scalars(select(SignedIn)).all() == []
    again = visitor_.send(link, method="POST", data={"csrf_token": token, "password": "another thing entirely"})
    assert again.status_code == visitor_.get(link).status_code == 410
    assert 'class="btn btn-go" href="/sign-in/forgot"' in visitor_.get(link).text, "the next thing is another link"
    db.session.expire_all()
    assert matches(NEW, db.session.get_one(User, ada.user_id).password_hash)
    assert any("Your password was changed" in one for one in letters(app))


@pytest.mark.check("reset")
def test_a_link_ends_after_half_an_hour_and_when_the_password_was_changed_otherwise(site, clock, app, ada, visitor_):
    link = link_to(app, visitor_, ada.user.email)
    mine = browser_of(site, ada.user, clock)
    assert mine.fill_in("/account/security/password", password=NEW).status_code == 302
    assert visitor_.get(link).status_code == 410
    link = link_to(app, visitor_, ada.user.email)
    row = db.session.scalars(select(PasswordReset).where(PasswordReset.used_at.is_(None))).one()
    assert row.ends_at - row.asked_at == timedelta(minutes=30)
    assert visitor_.get(link).status_code == 200
    with transaction():
        db.session.execute(update(PasswordReset).values(ends_at=wall_now()))
    assert visitor_.get(link).status_code == 410


@pytest.mark.one_database
def test_the_second_factor_is_asked_for_all_the_same(site, clock, app, ada, visitor_):
    an_app(site, ada.user)
    assert visitor_.fill_in(link_to(app, visitor_, ada.user.email), password="otter gym").status_code == 302
    answer = visitor_.fill_in("/sign-in", email=ada.user.email, password="otter gym")
    assert answer.headers["Location"].startswith("/sign-in/code")


@pytest.mark.one_database
@pytest.mark.check("reset")
def test_the_host_of_a_request_never_reaches_the_link(site, clock, app, ada, visitor_):
    page = visitor_.get("/sign-in/forgot")
    typed = {"csrf_token": csrf_of(page.text), "email": ada.user.email}
    poisoned = {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}
    answers = [visitor_.send("/sign-in/forgot", method="POST", data=typed, headers=one).status_code for one in poisoned]
    assert answers == [400, 200, 200]
    assert not [one for one in letters(app) if "evil" in one]


@pytest.mark.one_database
def test_one_address_gets_three_letters_an_hour_at_most_and_the_answer_stays_the_same(site, clock, app, ada, visitor_):
    said = {words_of(visitor_.fill_in("/sign-in/forgot", email=ada.user.email)) for _ in range(LETTERS + 2)}
    assert len(said) == 1
    assert len(letters(app)) == LETTERS


@pytest.mark.one_database
def test_a_new_colleague_chooses_a_password_by_the_link_that_the_command_prints(site, clock, app, visitor_):
    said = app.test_cli_runner().invoke(args=["staff", "add", "mara@example.com", "--role", "fleet"]).output
    link = re.search(r"http://localhost(/sign-in/reset/\S+)", said)[1]
    assert visitor_.fill_in("/sign-in", email="mara@example.com", password="none").status_code == 401
    assert visitor_.fill_in(link, password=NEW).status_code == 302
    assert visitor_.fill_in("/sign-in", email="mara@example.com", password=NEW).headers["Location"] == "/fleet/"
    assert visitor_.get(link).status_code == 410
    assert PASSWORD not in said
