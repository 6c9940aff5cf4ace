"""Whoever has an account and no membership - who runs a business, who works here - has the same rights over their own data."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import OutboxRow, post
from portal.account.contact.code import code_for
from portal.account.models import Role, User
from portal.account.profile.change_email import CODE
from portal.account.profile.models import EmailChange
from portal.billing.payers.admins import admins_of
from portal.billing.payers.models import AccountAdmin, Payer
from portal.privacy.export import newest_export
from portal.privacy.models import Erasure, ErasureState
from portal.worker import do_due
from tests.factories import NOON
from tests.portal.business.made import a_business, an_admin
from tests.portal.privacy.life import tied_to
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

OWN = ("/account/", "/account/profile", "/account/security", "/account/privacy", "/account/privacy/erase",
       "/account/privacy/agreed", "/account/privacy/looks", "/help")
MEMBERS_ONLY = ("/account/contact", "/account/needs", "/account/payments", "/account/drivers", "/account/leave")


@pytest.fixture
def ana(people) -> User:
    """She runs Lakeside alone; Ben drives for it and has booked."""
    ana, ben = an_admin(people), people.member("Ben Ode")
    a_business("Lakeside Ltd", ben, admins=(ana,))
    booked(ben)
    return ana


def _mail(app, user: User) -> list[str]:
    return [str(letter["Subject"]) for letter in app.extensions["adapters"].mail.box if letter["To"] == user.email]


def _too(user: User) -> User:
    """They run Lakeside too."""
    with transaction():
        db.session.add(AccountAdmin(payer_id=db.session.scalars(select(AccountAdmin.payer_id)).first(), user_id=user.id,
                                    since=NOON))
    return user


@pytest.mark.one_database
def test_their_header_leads_to_help_and_to_an_account_with_their_details_security_data_and_businesses(app, ana, people, clock):
    sam = _too(people.staff(Role.SUPPORT))
    for user in (ana, sam):
        browser = browser_of(app, user, clock)
        page = browser.get("/account/")
        header = page.text.split("<main")[0]
        assert 'href="/account/"' in header
        assert 'href="/help' in page.text
        for words in ("Lakeside Ltd", "Your details", "Security", "Your data"):
            assert words in words_of(page), words
        assert [browser.get(page).status_code for page in OWN] == [200] * len(OWN)
        assert [browser.get(page).status_code for page in MEMBERS_ONLY] == [403] * len(MEMBERS_ONLY)
    assert 'href="/help' in browser_of(app, ana, clock).get("/account/").text.split("<main")[0]
    assert "we hold what signing in needs" in words_of(browser_of(app, ana, clock).get("/account/privacy/agreed"))
    assert "You work here" in words_of(browser_of(app, sam, clock).get("/account/privacy/erase"))


@pytest.mark.one_database
def test_they_change_their_name_and_their_address_by_a_code(app, ana, clock):
    browser = browser_of(app, ana, clock)
    assert browser.fill_in("/account/profile", name="Ana Ruiz", hours="24").status_code == 302
    assert browser.post("/account/profile/email", email="ana@new.example").status_code == 302
    change = db.session.scalars(select(EmailChange)).one()
    browser.post("/account/profile/email/code", code=code_for(change.id, app.config["SECRET_KEY"], CODE))
    db.session.expire_all()
    assert (ana.name, ana.email, ana.hour24) == ("Ana Ruiz", "ana@new.example", True)
    assert "ana@new.example" in words_of(browser.get("/account/profile"))


def test_their_download_has_what_is_theirs_and_nothing_of_the_business(app, ana, clock):
    browser = browser_of(app, ana, clock)
    assert browser.post("/account/privacy/download").status_code == 302
    do_due(app)
    db.session.rollback()
    assert "Your data is ready to download" in _mail(app, ana)
    data = browser.get(f"/account/privacy/download/{newest_export(ana.id).id}").data
    told = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("data.json"))["tables"]
    assert [row["email"] for row in told["users"]] == [ana.email]
    assert [row["user_id"] for row in told["account_admins"]] == ["you"]
    assert set(told) <= {"users", "account_admins", "sessions", "known_devices", "data_exports"}, "nothing that is nobody's"


def test_they_are_erased_once_somebody_else_runs_the_business_which_goes_on(app, ana, people, clock):
    browser = browser_of(app, ana, clock)
    page = words_of(browser.get("/account/privacy/erase"))
    assert "You alone run the account of Lakeside Ltd." in page
    assert "Invite another admin" in page
    assert "your membership ends" not in page
    assert "it cannot be undone. You get a receipt" in page, "they have no credit"
    goes = page.split("What goes")[1].split("What stays")[0]
    assert "Your name, e-mail address" in goes
    assert "Your part in accounts of businesses" in goes
    assert not any(words in goes for words in ("Your favorites", "licence", "calendar", "letter")), goes
    browser.post("/account/privacy/erase", sure="erase me")
    assert db.session.scalars(select(Erasure)).all() == []
    bo, address, ana_id = _too(an_admin(people, "Bo Li")), ana.email, ana.id
    assert browser.fill_in("/account/privacy/erase", sure="erase me").status_code == 302
    do_due(app)
    assert "outbox" in tied_to(db.session.scalars(select(Erasure)).one()), "the letter to her, while she is here"
    before = {payer.id: (payer.name, payer.email) for payer in db.session.scalars(select(Payer))}
    post("promise_overdue", user_id=bo.id)
    jobs = {row.id for row in db.session.scalars(select(OutboxRow).where(OutboxRow.member_id.is_(None)))
            if row.facts.get("user_id") != ana_id}
    clock.forward(days=8)
    do_due(app)
    db.session.rollback()
    erased = db.session.scalars(select(Erasure)).one()
    assert (erased.state, erased.user_id) == (ErasureState.DONE, None)
    assert tied_to(erased) == {}, "no job says any more whose it was"
    gone = db.session.get_one(User, ana_id, populate_existing=True)
    assert (gone.name, gone.email) == ("Former member", f"nobody-{ana_id}@erased.invalid")
    assert [user.id for user, _since in admins_of(db.session.scalars(select(AccountAdmin.payer_id)).one())] == [bo.id]
    db.session.expire_all()
    assert {payer.id: (payer.name, payer.email) for payer in db.session.scalars(select(Payer))} == before
    assert jobs <= set(db.session.scalars(select(OutboxRow.id))), "jobs that are nobody's stay"
    sent = [letter["Subject"] for letter in app.extensions["adapters"].mail.box if letter["To"] == address]
    assert sent == ["Everything about you is erased"]
    assert "Everything about you is erased" not in _mail(app, bo)


@pytest.mark.one_database
def test_whoever_becomes_the_only_admin_meanwhile_waits_and_is_told(app, ana, people, clock):
    bo = _too(an_admin(people, "Bo Li"))
    browser_of(app, ana, clock).fill_in("/account/privacy/erase", sure="erase me")
    browser_of(app, bo, clock).fill_in("/account/privacy/erase", sure="erase me")
    clock.forward(days=8)
    do_due(app)
    db.session.rollback()
    states = db.session.scalars(select(Erasure.state).order_by(Erasure.state)).all()
    assert states == ["asked", "done"], "of two who go at once the second one runs it alone"
    assert len(db.session.scalars(select(AccountAdmin)).all()) == 1
    subjects = [str(letter["Subject"]) for letter in app.extensions["adapters"].mail.box]
    assert subjects.count("We cannot erase you yet") == 1
