"""Who looked: a member reads every look and change of our staff, by their work and never by name; and what they agreed to."""

import pytest
from sqlalchemy import func, select

from core.audit import Staff, acting_staff
from core.database import db, transaction
from experience.insight.models import LookupReason
from experience.insight.reidentify import reidentify
from experience.record.pids import pid_of
from portal.account.contact.in_force import choices_of
from portal.account.contact.rules import Channel, Purpose
from portal.account.looks.models import DeskLook
from portal.account.models import Member, Role
from portal.billing.payers.payer_of import own_payer
from portal.help.context import About
from portal.help.models import Kind
from portal.help.start import start_conversation
from portal.licence.models import Side
from portal.licence.open_picture import open_picture
from portal.privacy.access import accesses_of
from portal.privacy.whose import person_of
from tests.factories import NOON
from tests.portal.licence.showing import a_sent
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of


@pytest.fixture
def seal(app):
    return app.extensions["adapters"].seal


def test_she_reads_who_looked_at_what_and_why_newest_first_and_no_name(app, clock, people, seal):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    rose, ana, mara, paul = (people.staff(role, name) for role, name in (
        (Role.REVIEWER, "Rose Beck"), (Role.SUPPORT, "Ana Reyes"), (Role.CX, "Mara Lind"), (Role.FINANCE, "Paul Ito")))
    picture, around = a_sent(ada).picture(Side.FRONT), app.extensions["adapters"]
    for viewer in (rose, ada.user):
        open_picture(picture_id=picture.id, viewer=viewer, files=around.files, seal=seal, now=clock(), as_reviewer=True)
    asked = start_conversation(who=ada, kind=Kind.QUESTION, words="Hello?", about=About(), once="a", seal=seal, now=clock())
    trip = booked(ada)
    clock.forward(minutes=1)
    desk = browser_of(app, ana, clock)
    assert (desk.get(f"/office/help/{asked.id}").status_code, desk.get(f"/office/help/{asked.id}").status_code) == (200, 200)
    clock.forward(minutes=1)
    assert browser_of(app, paul, clock).get(f"/office/payers/{own_payer(ada.id).id}").status_code == 200
    clock.forward(minutes=1)
    reidentify(pid=pid_of("trip", trip.id), by_user_id=mara.id, reason=LookupReason.SAFETY, words="She asked for it",
               seal=seal, now=clock())
    with acting_staff(Staff(ana.id, ana.email, "POST /")), transaction():
        db.session.get_one(Member, ada.id).phone = "+13125550100"
    said = [(str(one.who), str(one.what)) for one in accesses_of(person_of(ada.user))]
    assert [what for _who, what in said if what.startswith(("Opened", "Looked"))] == [
        "Looked up who you are, for safety", "Opened what you pay, or what we owe you",
        "Opened your conversation, to answer you", "Looked at a picture of your licence"]
    assert ("The help desk", "Changed your membership") in said
    assert ("A reviewer", "Looked at a picture of your licence") in said
    assert db.session.scalar(select(func.count(DeskLook.id))) == 2, "the same page again within the hour is the same look"
    page = words_of(browser_of(app, ada.user, clock).get("/account/privacy/looks"))
    assert "Opened what you pay, or what we owe you" in page
    for name in ("Rose", "Ana", "Mara", "Paul", "example.com"):
        assert name not in page, name
    assert accesses_of(person_of(bo.user)) == []


@pytest.mark.one_database
@pytest.mark.parametrize("page", ["", "/goodwill", "/notice", "/rows.csv"])
def test_each_page_of_what_a_member_pays_is_a_look(app, clock, people, page):
    ada, paul = people.member(), people.staff(Role.FINANCE)
    assert browser_of(app, paul, clock).get(f"/office/payers/{own_payer(ada.id).id}{page}").status_code == 200
    assert db.session.scalars(select(DeskLook.member_id)).all() == [ada.id]


@pytest.mark.one_database
def test_what_was_agreed_to_stands_there_with_its_version_and_is_withdrawn_with_one_press(app, clock, people):
    ada = people.member()
    browser = browser_of(app, ada.user, clock)
    page = words_of(browser.get("/account/privacy/agreed"))
    assert "The house rules, as long as you are a member" in page
    assert "Nobody asked you: it is so for everybody who has chosen nothing." in page
    assert "We have no record that you were asked" in page
    assert "since" not in page.split("The house rules")[1].split("Leave Roundtrip")[0]
    for _twice in range(2):
        answer = browser.post("/account/privacy/agreed/news/withdraw", data={"csrf_token": browser.token()})
        assert answer.status_code == 302
    db.session.rollback()
    chosen = choices_of(ada.id, NOON)
    assert chosen.version == 1
    assert (chosen.allow(Purpose.NEWS, Channel.MAIL), chosen.allow(Purpose.CARE, Channel.MAIL)) == (False, True)
    page = words_of(browser.get("/account/privacy/agreed"))
    assert "News" not in page
    assert "Version 1, since" in page
    assert browser.post("/account/privacy/agreed/spam/withdraw", data={"csrf_token": browser.token()}).status_code == 404


@pytest.mark.one_database
def test_the_public_page_is_read_from_the_register_and_the_rules(site, visitor):
    page = words_of(visitor.get("/privacy"))
    for words in ("Your driving licences with their numbers", "25 months", "7 years, to the end of the last one",
                  "26 U.S.C. § 6001", "Pictures of a licence, after the decision 30 days",
                  "A try at a password or a code 1 day",
                  "Steps are deleted after 25 months", "What we answered a program of yours 2 days"):
        assert words in page, words
