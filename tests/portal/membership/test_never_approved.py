"""Whoever was never approved becomes no member by leaving and coming back, and books nothing however they became active."""

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from portal.account.leave.leave import NoMemberYet, departure_of, leave
from portal.account.leave.models import Departure
from portal.account.models import Member, MemberStatus, Role
from portal.desk.applications.queue import waiting_count
from portal.membership.errors import MayNotComeBack, StillMissing
from portal.membership.rejoin import rejoin
from portal.signup.by_rule import decide_by_rule
from portal.signup.decide import decide
from portal.signup.errors import NotWaiting
from portal.signup.models import Application, Verdict
from reservations.booking.errors import MayNotDrive
from reservations.booking.models import Reservation
from tests.factories import LICENSED, NOON, VISA, a_card
from tests.portal.signup.made import a_number, a_submitted, an_applicant
from tests.reservations.made import booked, steps
from tests.reservations.pages import browser_of, words_of


def again(member):
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def set_to(member, **values):
    with transaction():
        for name, value in values.items():
            setattr(db.session.get_one(Member, member.id), name, value)
    return again(member)


def gone_before(member):
    """As somebody left who did while applicants could."""
    with transaction():
        db.session.add(Departure(id=new_id(), member_id=member.id, at=NOON))
    return set_to(member, status=MemberStatus.CLOSED)


def test_an_applicant_cannot_leave_and_reads_how_to_withdraw_and_to_be_erased(app, people, clock):
    nico = an_applicant(people).member
    with pytest.raises(NoMemberYet):
        leave(member=nico, reason=None, words="", seal=app.extensions["adapters"].seal, now=NOON)
    assert (again(nico).status, departure_of(nico.id)) == (MemberStatus.APPLICANT, None)
    assert ("leave.close", "refused", "no_member_yet") in steps("refused")
    browser = browser_of(app, nico.user, clock)
    page = browser.get("/account/leave")
    assert "You are no member yet" in words_of(page)
    assert 'action="/join/withdraw"' in page.text
    for said in ("End my membership now", "is not paid back"):
        assert said not in words_of(page)
    assert browser.post("/account/leave", end="now").status_code == 409
    assert "Until then you are a member" not in words_of(browser.get("/account/data/erase"))
    account = words_of(browser.get("/account/"))
    for said in ("Our promises to you", "A friend’s first trip", "Leave Roundtrip"):
        assert said not in account, said
    browser.post("/join/withdraw")
    assert db.session.scalars(select(Application.state)).all() == ["withdrawn"]


def test_coming_back_demands_a_membership_that_was_approved_a_licence_that_counts_and_a_confirmed_number(app, people, clock):
    nico = gone_before(an_applicant(people).member)
    a_card(nico, VISA)
    a_number(app, nico)
    set_to(nico, licence_until=LICENSED)  # so that nothing else is missing
    with pytest.raises(MayNotComeBack):
        rejoin(member=again(nico), texts=True, now=NOON)
    browser = browser_of(app, again(nico).user, clock)
    assert "Your place as a member" not in words_of(browser.get("/account/rejoin"))
    browser.post("/account/rejoin")
    assert again(nico).status == MemberStatus.CLOSED
    for name, number, until in (("Bo", True, None), ("Cy", False, LICENSED)):
        member = people.member(name)
        if number:
            a_number(app, member)
        gone_before(set_to(member, licence_until=until))
        with pytest.raises(StillMissing):
            rejoin(member=again(member), texts=True, now=NOON)
        assert browser_of(app, again(member).user, clock).post("/account/rejoin").status_code == 409


def test_whoever_has_no_licence_books_through_no_door_whatever_made_them_active(app, people, clock):
    member = set_to(people.member(), licence_until=None)
    with pytest.raises(MayNotDrive) as refused:
        booked(member)
    assert "no driver’s licence of yours" in str(refused.value.says)
    assert "Booking waits for it." in words_of(browser_of(app, again(member).user, clock).get("/"))
    assert db.session.scalars(select(Reservation)).all() == []
    assert set_to(member, licence_until=LICENSED).may_drive


def test_an_application_of_somebody_who_has_gone_waits_for_nobody_and_is_decided_by_nobody(app, people, clock):
    application = a_submitted(app, people, number="T40012349901")
    decide_by_rule(application=application, doubts=["check_unclear"], now=NOON)
    assert waiting_count(NOON) == 1
    gone_before(application.member)
    assert waiting_count(NOON) == 0
    with pytest.raises(NotWaiting):
        decide(application=application, verdict=Verdict.APPROVED, reasons=(), reviewer=people.staff(Role.REVIEWER), now=NOON)
    decide_by_rule(application=application, doubts=(), now=NOON)
    assert (again(application.member).status, db.session.scalars(select(Application.state)).all()) == ("closed", ["submitted"])
