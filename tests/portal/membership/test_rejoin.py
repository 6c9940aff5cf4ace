"""Coming back: one page, everything there, and nothing paid twice."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from core.time import Span
from experience.record.models import Event
from portal.account.leave.leave import departure_of, leave
from portal.account.models import Member, MemberStatus
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.credits.queries import usable
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.membership.charge import charge_memberships
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.models import Refund
from portal.membership.errors import MayNotComeBack, StillMissing
from portal.membership.rejoin import rejoin, still_missing
from portal.messages.models import Message
from portal.web.say import CITY_ZONE
from reservations.booking.cancel import cancel
from tests.factories import NOON, a_car
from tests.portal.licence.showing import a_verified
from tests.portal.signup.made import a_number, work
from tests.reservations.made import a_street, booked, steps
from tests.reservations.pages import browser_of, hidden_fields, words_of

DAY = timedelta(days=1)
DECEMBER = datetime(2026, 12, 1, 6, tzinfo=UTC)  # midnight in Chicago


@pytest.fixture
def ada(app, people, clock):
    clock.at = NOON - 200 * DAY
    member = people.member("Ada Okafor")
    clock.at = NOON
    a_number(app, member)
    return member


def gone(app, member, now=NOON):
    return leave(member=member, reason=None, words="", seal=app.extensions["adapters"].seal, now=now)


def again(member):
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def fees():
    return db.session.execute(select(LedgerRow.code, LedgerRow.amount_cents).where(
        LedgerRow.origin == "membership").order_by(LedgerRow.id)).all()


def owes(member, cents):
    payer = own_payer(member.id)
    ends = (Account.RECEIVABLE, Account.FEES) if cents > 0 else (Account.GOODWILL, Account.RECEIVABLE)
    with transaction():
        enter([Transfer(*ends, Money(abs(cents)), Origin.AFTER, "late_fee", "late_fee", 1, str(uuid4()), NOON,
                        payer_id=payer.id, member_id=member.id)])


def test_whoever_comes_back_has_everything_that_was_theirs_and_books_at_once(app, ada, clock):
    street, car = a_street(app, clock), a_car(name="Acorn")
    street.returned(street.unlocked(booked(ada, car)))
    credit = grant(payer_id=own_payer(ada.id).id, kind=CreditKind.SERVICE, amount=Money(500), why="goodwill", once="one",
                   now=clock.at)
    left = gone(app, again(ada), clock.at)
    number, joined = ada.id, again(ada).joined_at
    clock.forward(days=10)
    rejoin(member=again(ada), texts=True, now=clock.at)
    assert rejoin(member=again(ada), texts=True, now=clock.at) is None
    back = again(ada)
    assert (back.id, back.status, back.joined_at) == (number, MemberStatus.ACTIVE, joined)
    assert departure_of(ada.id).came_back_at == clock.at
    assert [one.id for one in usable(own_payer(ada.id).id, clock.at)] == [credit.id]
    assert [each for each in steps("succeeded") if each[0] == "leave.rejoin"] == [("leave.rejoin", "succeeded", None)]
    street.work()
    assert "came_back" in db.session.scalars(select(Message.kind)).all()
    trip = booked(back, car, Span(clock.at + DAY, clock.at + 1.5 * DAY), now=clock.at)
    cancel(reservation=trip, now=clock.at)
    assert gone(app, again(ada), clock.at).id != left.id  # a leaving of its own


def test_a_month_that_is_paid_is_not_charged_again_and_one_that_is_not_is_charged_by_the_day(app, ada, people, clock):
    charge_memberships(NOON, CITY_ZONE)
    work(app)
    gone(app, again(ada), NOON)
    assert rejoin(member=again(ada), texts=True, now=NOON + 2 * DAY) is None
    assert fees() == [("membership", 700)]
    clock.at = NOON - 30 * DAY
    bo = people.member("Bo Lindqvist")  # whose November nobody charged, as of somebody who paused over its beginning
    a_number(app, bo)
    gone(app, bo, NOON)
    assert rejoin(member=again(bo), texts=True, now=NOON + 2 * DAY).amount == Money(117)  # 5 of 30 days


@pytest.mark.one_database
def test_who_is_gone_over_the_beginning_of_a_month_saves_none_of_its_fee(app, ada):
    charge_memberships(NOON, CITY_ZONE)
    work(app)
    gone(app, again(ada), DECEMBER - timedelta(hours=1))
    assert rejoin(member=again(ada), texts=True, now=DECEMBER + timedelta(hours=1)).amount == Money(700)
    charge_memberships(DECEMBER + DAY, CITY_ZONE)
    assert fees() == [("membership", 700), ("membership_part", 700)]


@pytest.mark.one_database
def test_in_a_later_month_the_rest_of_the_month_is_charged_by_the_day(app, ada):
    gone(app, ada, NOON)
    assert rejoin(member=again(ada), texts=True, now=NOON + 91 * DAY).amount == Money(150)  # 6 of 28 days


@pytest.mark.one_database
def test_the_page_of_coming_back_shows_the_reduced_fee_that_is_charged(site, ada, clock):
    with transaction():
        again(ada).reduced_until = date(2027, 11, 24)
    gone(site, again(ada), NOON - 30 * DAY)
    page = words_of(browser_of(site, again(ada).user, clock).get("/account/rejoin"))
    assert "The rest of this month costs $0.82, by the day. From the next on $3.50 is charged each month." in page
    assert rejoin(member=again(ada), texts=True, now=NOON).amount == Money(82)


def test_exactly_what_is_missing_is_said_and_nothing_opens_before(app, people, ada):
    bare = people.member("Bo Lindqvist", card=None)
    a_verified(bare)
    gone(app, bare)
    with transaction():
        again(bare).licence_until = date(2026, 11, 23)
    owes(bare, 1200)
    assert [(each.says, each.endpoint) for each in still_missing(again(bare), NOON, texts=True)] == [
        ("$12.00 is open on your account.", "cards.payments"),
        ("Your licence counted until Mon, Nov 23, 2026.", "licence.show"),
        ("We have no mobile number of yours that is confirmed.", "contact.show"),
        ("There is no card that could pay for a trip.", "cards.payments")]
    with pytest.raises(StillMissing):
        rejoin(member=again(bare), texts=True, now=NOON)
    assert ("leave.rejoin", "refused", "still_missing") in steps("refused")
    assert (again(bare).status, departure_of(bare.id).came_back_at) == (MemberStatus.CLOSED, None)


@pytest.mark.one_database
def test_whoever_drove_with_us_before_numbers_were_confirmed_comes_back_with_the_one_they_had(app, people):
    bo = people.member("Bo Lindqvist")
    a_verified(bo)
    with transaction():
        again(bo).phone = "+1 312 555 0142"
    gone(app, bo)
    rejoin(member=again(bo), texts=True, now=NOON)
    assert again(bo).status == MemberStatus.ACTIVE


@pytest.mark.one_database
def test_whom_we_excluded_does_not_come_back_by_themselves(site, ada, clock):
    with transaction():
        again(ada).status = MemberStatus.CLOSED
    with pytest.raises(MayNotComeBack):
        rejoin(member=again(ada), texts=True, now=NOON)
    browser = browser_of(site, ada.user, clock)
    page = browser.get("/account/rejoin")
    assert "We ended it" in words_of(page)
    assert browser.post("/account/rejoin").status_code == 200
    assert again(ada).status == MemberStatus.CLOSED


@pytest.mark.one_database
def test_a_licence_that_is_old_is_looked_at_again(app, ada):
    licence = a_verified(ada)
    gone(app, ada)
    with transaction():
        licence.recheck_on = date(2026, 11, 20)
    rejoin(member=again(ada), texts=True, now=NOON)
    job = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "licence_recheck")).one()
    assert job.facts == {"licence_id": str(licence.id), "recheck_on": "2026-11-20"}


def test_what_we_owe_goes_back_to_the_card_when_somebody_leaves(app, ada, clock):
    street = a_street(app, clock)
    street.returned(street.unlocked(booked(ada)))
    owes(ada, -300)
    gone(app, again(ada), clock.at)
    assert [(one.amount_cents, one.why) for one in db.session.scalars(select(Refund))] == [(300, "left")]
    db.session.expire_all()
    assert own_payer(ada.id).owed_cents == 0


@pytest.mark.one_database
def test_leaving_says_what_becomes_of_money_and_the_way_back_is_one_page(site, ada, clock):
    charge_memberships(NOON, CITY_ZONE)
    work(site)
    grant(payer_id=own_payer(ada.id).id, kind=CreditKind.SERVICE, amount=Money(500), why="goodwill", once="one", now=NOON)
    browser = browser_of(site, ada.user, clock)
    page = browser.get("/account/leave")
    assert "You have $5.00 of credit. It is not paid out" in words_of(page)
    assert 'href="/account/pause"' in page.text  # beside the button, never before it
    assert "End my membership now" in page.text
    browser.send("/account/leave", method="POST", data=hidden_fields(page.text) | {"means": "transit"})
    back = browser_of(site, again(ada).user, clock)
    assert 'href="/account/rejoin"' in back.get("/").text
    welcome = back.get("/account/rejoin")
    for said in ("Welcome back, Ada", "$5.00 of credit, until", "Visa ending 4242", "This month is paid already"):
        assert said in words_of(welcome), said
    assert back.send("/account/rejoin", method="POST", data=hidden_fields(welcome.text)).location == "/"
    assert again(ada).status == MemberStatus.ACTIVE
    event = db.session.scalars(select(Event).where(Event.step == "leave.rejoin", Event.phase == "succeeded")).one()
    assert event.facts == {"plan": "regular", "means": "transit"}  # what they had gone to
    assert back.get("/account/rejoin").location == "/account/plan"
