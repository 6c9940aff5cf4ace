"""A pause: no fee and no booking until a day, and one tap back."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from fleet.tariffs.in_force import policies_at
from portal.account.leave.leave import leave
from portal.account.models import Member, MemberStatus, Plan
from portal.account.plans.models import Pause
from portal.billing.ledger.models import LedgerRow
from portal.membership.change_plan import change_plan
from portal.membership.compare import past_months
from portal.membership.errors import NoMembership, PauseTooLong, TripsAhead
from portal.membership.pause import pause, resume
from portal.membership.timers import look_after_memberships
from portal.messages.models import Message
from reservations.booking.errors import MayNotDrive
from tests.factories import NOON, a_car, hours
from tests.reservations.made import a_street, booked, steps
from tests.reservations.pages import browser_of, words_of

DAY = timedelta(days=1)
DECEMBER = datetime(2026, 12, 1, 6, tzinfo=UTC)  # midnight in Chicago
UNTIL = date(2026, 12, 22)


@pytest.fixture
def ada(people, clock):
    clock.at = NOON - 100 * DAY
    member = people.member("Ada Okafor")
    clock.at = NOON
    return member


def again(member):
    db.session.rollback()
    return db.session.get_one(Member, member.id, populate_existing=True)


def fees():
    return db.session.execute(select(LedgerRow.code, LedgerRow.amount_cents).where(
        LedgerRow.origin == "membership").order_by(LedgerRow.id)).all()


def letters():
    return db.session.scalars(select(Message.kind).where(Message.kind.like("pause%")).order_by(Message.at, Message.id)).all()


def test_a_pause_costs_nothing_books_nothing_and_ends_by_itself_on_its_day(app, ada, clock):
    street = a_street(app, clock)
    made = pause(member=ada, until=UNTIL, now=NOON)
    assert (again(ada).status, made.until) == (MemberStatus.PAUSED, datetime(2026, 12, 22, 6, tzinfo=UTC))
    assert pause(member=ada, until=UNTIL + DAY, now=NOON).id == made.id
    with pytest.raises(MayNotDrive) as refused:
        booked(again(ada))
    assert "paused" in refused.value.says
    look_after_memberships(NOON)  # of November, which began with them driving
    look_after_memberships(DECEMBER + DAY)
    assert fees() == [("membership", 700)]
    clock.at = made.until - 7 * DAY
    street.work()
    assert letters() == ["pause_begins", "pause_ends"]
    clock.at = made.until
    street.work()
    street.work()  # the letter of what the clock did
    assert again(ada).status == MemberStatus.ACTIVE
    assert fees() == [("membership", 700), ("membership_part", 226)]  # 10 of 31 days
    assert letters() == ["pause_begins", "pause_ends", "pause_ended"]
    assert [code for code in steps("succeeded", "undone") if code[0] == "stay.pause"] == [
        ("stay.pause", "succeeded", None), ("stay.pause", "undone", None)]
    booked(again(ada), span=hours(24, 27, day=clock.at), now=clock.at)


@pytest.mark.one_database
@pytest.mark.parametrize(("days", "told"), [(7, False), (9, True)])
def test_the_letter_speaks_of_one_before_the_end_only_where_there_is_time_for_it(app, ada, clock, days, told):
    pause(member=ada, until=(NOON + days * DAY).date(), now=NOON)
    a_street(app, clock).work()
    said = app.extensions["adapters"].seal.open(db.session.scalars(select(Message.body_sealed)).one())
    assert ("we write to you before" in said) is told
    assert "You can end it earlier with one tap:" in said
    reminders = db.session.scalars(select(OutboxRow.id).where(OutboxRow.kind == "pause_ends")).all()
    assert len(reminders) == (1 if told else 0)


def test_a_month_that_is_paid_is_not_paid_again_after_a_pause(app, ada):
    look_after_memberships(DECEMBER)
    pause(member=ada, until=UNTIL, now=DECEMBER + 4 * DAY)
    assert resume(member=ada, now=DECEMBER + 9 * DAY) is None
    look_after_memberships(DECEMBER + 10 * DAY)
    assert (again(ada).status, fees()) == (MemberStatus.ACTIVE, [("membership", 700)])
    assert resume(member=ada, now=DECEMBER + 9 * DAY) is None
    look_after_memberships(DECEMBER + 40 * DAY)
    assert fees() == [("membership", 700)] * 2


@pytest.mark.one_database
def test_a_trip_ahead_comes_first_and_three_months_are_the_most(app, ada, people):
    for day in (date(2026, 11, 24), date(2027, 2, 25)):
        with pytest.raises(PauseTooLong) as refused:
            pause(member=ada, until=day, now=NOON)
        assert f"to {policies_at(NOON)['pause_most'].value} days" in refused.value.says
    with pytest.raises(NoMembership):
        pause(member=people.member(status=MemberStatus.APPLICANT), until=UNTIL, now=NOON)
    booked(ada)
    with pytest.raises(TripsAhead):
        pause(member=ada, until=UNTIL, now=NOON)
    assert ("stay.pause", "refused", "trips_ahead") in steps("refused")
    assert (again(ada).status, db.session.scalars(select(Pause)).all()) == (MemberStatus.ACTIVE, [])


def test_whoever_leaves_pauses_no_longer_and_changes_no_plan(app, ada):
    change_plan(member=ada, plan=Plan.PAY_AS_YOU_GO, fee_cents=0, now=NOON)
    pause(member=ada, until=UNTIL, now=NOON)
    leave(member=ada, reason=None, words="", seal=app.extensions["adapters"].seal, now=NOON)
    look_after_memberships(DECEMBER + 30 * DAY)
    assert (again(ada).status, again(ada).plan, fees()) == (MemberStatus.CLOSED, Plan.REGULAR, [])
    assert db.session.scalars(select(Pause.ended_by)).all() == ["leaving"]


@pytest.mark.one_database
def test_no_clock_opens_a_membership_that_we_ended_in_a_pause(app, ada):
    pause(member=ada, until=UNTIL, now=NOON)
    with transaction():
        again(ada).status = MemberStatus.CLOSED
    look_after_memberships(DECEMBER + 30 * DAY)
    assert (again(ada).status, fees()) == (MemberStatus.CLOSED, [])


@pytest.mark.one_database
def test_months_that_began_in_a_pause_cost_nothing_on_the_other_plan_either(app, people, clock):
    clock.at = NOON - 200 * DAY
    bo = people.member("Bo Lindqvist", plan=Plan.PAY_AS_YOU_GO)
    with transaction():
        db.session.add(Pause(id=uuid4(), member_id=bo.id, begun_at=NOON - 60 * DAY, until=NOON,
                             ended_at=NOON - 20 * DAY, ended_by="member"))
    past = past_months(again(bo), NOON)  # August to October; October began in the pause
    assert past.on[Plan.REGULAR] == Money(2 * 700)
    with transaction():
        db.session.execute(update(Pause).values(ended_at=datetime(2026, 10, 22, 18, tzinfo=UTC)))
    assert past_months(again(bo), NOON).on[Plan.REGULAR] == Money(1600)  # and of October ten of 31 days: $2.26


@pytest.mark.one_database
def test_three_taps_pause_and_one_tap_on_the_booking_page_ends_it(site, ada, clock):
    browser = browser_of(site, ada.user, clock)
    assert 'href="/account/plan"' in browser.get("/account/").text
    assert 'href="/account/pause"' in browser.get("/account/plan").text
    page = browser.get("/account/pause")
    assert 'value="2026-12-24"' in page.text  # a month, unless another day is chosen
    assert browser.fill_in("/account/pause", until="2027-06-01").status_code == 422
    browser.fill_in("/account/pause", until="2026-12-24")
    assert again(ada).status == MemberStatus.PAUSED
    assert "Your membership is paused until Thu, Dec 24, 2026." in words_of(browser.get("/account/plan"))
    for address in ("/", "/trips", "/account/payments", "/account/statement"):
        assert browser.get(address).status_code == 200
    book = f"/cars/{a_car().slug}/book"
    asked = browser.get(book)
    assert "Your membership is paused" in words_of(asked)
    assert 'action="/account/resume"' in asked.text
    back = browser.post("/account/resume", next=book)
    assert (back.location, again(ada).status) == (book, MemberStatus.ACTIVE)
    assert "paused" not in words_of(browser.get(book))


@pytest.mark.one_database
def test_the_page_lists_the_trips_that_come_first(site, ada, clock):
    trip = booked(ada, a_car(name="Acorn"))
    page = browser_of(site, ada.user, clock).get("/account/pause")
    assert "You have booked Acorn" in words_of(page)
    assert f'href="/trips/{trip.reference}"' in page.text
    assert "Pause now" not in page.text
