"""No charge before hearing: a notice is charged when the member agrees, or when the time to answer is over."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from core.money import Money
from portal.account.models import Member
from portal.billing.ledger.models import LedgerRow
from portal.billing.notices.answer import accept, charge, contest, decide
from portal.billing.notices.errors import AlreadyAnswered, NotHeardYet
from portal.billing.notices.models import Notice, NoticeKind
from portal.billing.notices.send import send_notice
from portal.billing.payers.payer_of import own_payer
from tests.portal.billing.made import payer, the_books_are_right
from tests.reservations.made import Street, a_street, booked

pytestmark = pytest.mark.one_database


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


@pytest.fixture
def notice(app, people, street) -> Notice:
    ada, finance = people.member(), people.staff("finance")
    trip = booked(ada)
    return send_notice(payer_id=own_payer(ada.id).id, member_id=ada.id, reservation_id=trip.id,
                       kind=NoticeKind.TICKET, amount=Money(6000),
                       facts={"plate": "X 1", "place": "W Lake St"}, by_user_id=finance.id, once="a-notice",
                       now=street.clock())


def charged() -> list[tuple[str, int]]:
    db.session.rollback()
    return [(row.code, row.amount_cents) for row in db.session.scalars(
        select(LedgerRow).where(LedgerRow.origin == "notice").order_by(LedgerRow.id))]


BOTH = [("ticket", 6000), ("pass_on_fee", 500)]


def test_nothing_is_charged_while_the_member_can_answer(app, street, notice):
    street.clock.at = notice.answer_until - timedelta(minutes=1)
    street.work()
    assert charged() == []
    with pytest.raises(NotHeardYet):
        charge(notice, street.clock())


def test_it_is_charged_at_cost_with_its_fee_when_the_time_to_answer_is_over(app, street, notice):
    street.clock.at = notice.answer_until
    street.work()
    street.work()
    assert charged() == BOTH
    assert payer(notice_member(notice)).owed_cents == 0
    the_books_are_right(app)


def test_it_is_charged_at_once_when_the_member_agrees_and_only_once(app, street, notice):
    accept(notice=notice, now=street.clock())
    with pytest.raises(AlreadyAnswered):
        accept(notice=notice, now=street.clock())
    street.clock.at = notice.answer_until
    street.work()
    assert charged() == BOTH


@pytest.mark.parametrize("after_all", [True, False])
def test_a_contested_one_waits_for_a_decision_and_for_the_end_of_the_time(app, people, street, notice, after_all):
    seal, finance = app.extensions["adapters"].seal, people.staff("finance")
    contest(notice=notice, words="I was not there.", seal=seal, now=street.clock())
    if after_all:
        with pytest.raises(NotHeardYet):
            decide(notice=notice, charged=True, by_user_id=finance.id, now=street.clock())
    street.clock.at = notice.answer_until
    street.work()
    assert charged() == []
    decide(notice=notice, charged=after_all, by_user_id=finance.id, now=street.clock())
    street.work()
    assert charged() == (BOTH if after_all else [])


def notice_member(notice: Notice) -> Member:
    return db.session.get_one(Member, notice.member_id)
