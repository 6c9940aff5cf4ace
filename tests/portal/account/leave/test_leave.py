"""Leaving: three taps, nothing hidden, and nobody who books while they go."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from experience.asks.models import AskLog, AskRow, Expectation
from experience.record.models import Event
from portal.account.leave.leave import NotYet, departure_of, leave
from portal.account.leave.models import Departure, Reason
from portal.account.models import Member, MemberStatus, Plan, SignedIn
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.membership.charge import charge_memberships
from portal.billing.payers.payer_of import own_payer
from portal.messages.models import Message
from portal.web.say import CITY_ZONE
from reservations.booking.errors import MayNotDrive
from reservations.booking.models import Reservation
from tests.factories import NOON, a_car, hours
from tests.reservations.made import a_street, booked, steps
from tests.reservations.pages import browser_of, hidden_fields, words_of

DAY = timedelta(days=1)


@pytest.fixture
def ada(people, clock):
    clock.at = NOON - 100 * DAY
    member = people.member("Ada Okafor", plan=Plan.PAY_AS_YOU_GO)
    clock.at = NOON
    return member


def gone(app, member, now=NOON, **said):
    return leave(member=member, reason=said.get("reason"), words=said.get("words", ""),
                 seal=app.extensions["adapters"].seal, now=now)


def again(member):
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def test_whoever_leaves_is_gone_at_once_and_everywhere(app, ada, clock):
    browser_of(app, ada.user, clock)
    departure = gone(app, ada, reason=Reason.MOVED, words="To the sea.")
    assert (departure.at, departure.reason, again(ada).status) == (NOON, "moved", MemberStatus.CLOSED)
    assert "sea" not in departure.words_sealed
    assert db.session.scalar(select(func.count()).select_from(SignedIn).where(SignedIn.user_id == ada.user_id)) == 0
    assert steps("succeeded")[-1] == ("leave.close", "succeeded", None)
    assert gone(app, again(ada)).id == departure.id
    assert len(db.session.scalars(select(Departure)).all()) == 1
    with pytest.raises(MayNotDrive):
        booked(again(ada))


def test_a_trip_or_a_bill_comes_first(app, ada, site, clock):
    street = a_street(site, clock)
    trip = booked(ada, a_car(name="Acorn"), hours(24, 27))
    with pytest.raises(NotYet):
        gone(app, ada)
    browser = browser_of(site, ada.user, clock)
    page = browser.get("/account/leave")
    assert "You have booked Acorn" in words_of(page)
    assert f'href="/trips/{trip.reference}"' in page.text
    assert "End my membership now" not in page.text
    street.unlocked(trip)
    assert "You have Acorn out since" in words_of(browser.get("/account/leave"))
    street.returned(trip)
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(1000), Origin.AFTER, "late_fee", "late_fee", 1, "one", NOON,
                        payer_id=own_payer(ada.id).id, member_id=ada.id, facts={})])
    owing = browser.get("/account/leave")
    assert "is open on your account" in words_of(owing)
    assert 'href="/account/payments"' in owing.text
    assert ("leave.close", "refused", "not_yet") in steps("refused")
    assert again(ada).status == MemberStatus.ACTIVE


@pytest.mark.one_database
def test_leaving_takes_two_taps_from_the_account_page_and_a_letter_confirms_it(site, ada, clock):
    street, browser = a_street(site, clock), browser_of(site, ada.user, clock)
    assert 'href="/account/leave"' in browser.get("/account/").text
    page = browser.get("/account/leave")
    assert "What will you use instead of us?" in words_of(page)
    assert "at least 3 days to answer before anything is charged" in words_of(page)  # of tolls: the shortest
    sent = browser.send("/account/leave", method="POST", data=hidden_fields(page.text) | {
        "reason": "cost", "means": "own_car", "hope": "cheaper"})
    assert (sent.status_code, sent.location) == (302, "/")
    assert "Your membership ended on" in browser.get("/").text
    assert browser.get("/account/").location.startswith("/sign-in")
    told = db.session.scalars(select(Expectation)).one()
    assert (told.stage, told.means, told.hope, told.member_id) == ("leaving", "own_car", "cheaper", ada.id)
    assert departure_of(ada.id).reason == "cost"
    street.work()
    letter = db.session.scalars(select(Message).where(Message.kind == "membership_ended")).one()
    said = site.extensions["adapters"].seal.open(letter.body_sealed)
    assert "Your membership ended on Tue, Nov 24" in said
    assert "at least 3 days to answer" in said
    assert letter.purpose == "service"
    back = browser_of(site, again(ada).user, clock)
    assert "Your membership has ended" in words_of(back.get("/account/"))
    assert "You left on" in words_of(back.get("/account/leave"))
    assert "Your application is with us" not in back.get("/account/").text


@pytest.mark.one_database
def test_what_they_use_instead_is_asked_through_the_gate_and_leaving_never_waits_for_it(site, ada, clock):
    site.extensions["has_open_case"] = lambda member_id: True
    browser = browser_of(site, ada.user, clock)
    page = browser.get("/account/leave")
    assert "What will you use instead" not in page.text
    assert [(row.solicitation, row.why) for row in db.session.scalars(select(AskLog))] == [("leaving_instead", "open_case")]
    assert db.session.scalars(select(AskRow)).all() == []
    assert browser.send("/account/leave", method="POST", data=hidden_fields(page.text)).status_code == 302
    assert departure_of(ada.id).reason is None


@pytest.mark.one_database
def test_no_monthly_fee_is_charged_any_more(app, people, clock):
    clock.at = NOON - 100 * DAY
    left, stayed = people.member("Ada Okafor"), people.member("Bo Lindqvist")
    gone(app, left, now=NOON)
    assert charge_memberships(NOON + 31 * DAY, CITY_ZONE) == 1
    assert [row.member_id for row in db.session.scalars(select(LedgerRow))] == [stayed.id]


@pytest.mark.one_database
def test_only_the_pages_own_button_ends_a_membership(site, ada, clock):
    assert browser_of(site, ada.user, clock).post("/account/leave").status_code == 422
    assert again(ada).status == MemberStatus.ACTIVE


def test_nobody_books_and_leaves_at_the_same_moment(site, people, clock, app):
    members = [people.member(f"Racer {number}").id for number in range(10)]
    db.session.rollback()
    for number, member_id in enumerate(members):
        _at_once(site, member_id, number)
    for member_id in members:
        closed = db.session.get_one(Member, member_id, populate_existing=True).status == MemberStatus.CLOSED
        has_trip = db.session.scalar(select(func.count()).select_from(Reservation).where(
            Reservation.member_id == member_id, Reservation.status == "booked"))
        assert closed != bool(has_trip), "left with a booking, or neither"
        db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.step == "leave.close")) == len(members)


def _at_once(site, member_id: int, number: int) -> None:
    ready = threading.Barrier(2)

    def act(do) -> None:
        with site.app_context():
            member = db.session.get_one(Member, member_id)
            db.session.rollback()
            ready.wait()
            try:
                do(member)
            except (NotYet, MayNotDrive):
                pass
            finally:
                db.session.remove()

    span = hours(24 + 4 * number, 27 + 4 * number)
    threads = [threading.Thread(target=act, args=(do,)) for do in (
        lambda member: booked(member, a_car(name="Acorn"), span), lambda member: gone(site, member))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
