"""Money that staff give: alone up to a limit, above it with a second person, never twice and never more than the line."""

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from portal.billing.adjustments.errors import AlreadySettled, NotYourOwn
from portal.billing.adjustments.give import decide_adjustment, give_back, give_credit
from portal.billing.adjustments.models import Adjustment
from portal.billing.disputes.decide import decide, second_opinion
from portal.billing.disputes.errors import AlreadyDecided, AlreadyDisputed, NotDisputable
from portal.billing.disputes.open import open_dispute, withdraw_dispute
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payments.errors import MoreThanPaid
from tests.factories import NOON
from tests.portal.billing.made import payer, the_books_are_right

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(people):
    return people.member()


@pytest.fixture
def paul(people):
    return people.staff("finance", "Paul")


@pytest.fixture
def rhea(people):
    return people.staff("finance", "Rhea")


@pytest.fixture
def line(app, ada) -> LedgerRow:
    """A line of $150, not paid yet."""
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(15_000), Origin.AFTER, "late_fee", "late_fee", 1, "a-line",
                        NOON, payer_id=payer(ada).id, member_id=ada.id)])
    return db.session.scalars(select(LedgerRow).where(LedgerRow.once == "a-line")).one()


def give(line: LedgerRow, cents: int, by, once: str = "form-1"):
    return give_back(line=line, amount=Money(cents), why="goodwill", by_user_id=by.id, once=once, now=NOON)


def test_up_to_the_limit_one_person_is_enough_and_the_form_counts_once(app, ada, line, paul):
    assert give(line, 10_000, paul).state == "given"
    assert give(line, 10_000, paul).state == "given"
    assert payer(ada).owed_cents == 5000
    the_books_are_right(app)


def test_above_it_a_second_person_decides_and_never_the_first(app, ada, line, paul, rhea):
    asked = give(line, 10_001, paul)
    assert (asked.state, payer(ada).owed_cents) == ("waiting", 15_000)
    with pytest.raises(NotYourOwn):
        decide_adjustment(adjustment=asked, agree=True, by_user_id=paul.id, now=NOON)
    decide_adjustment(adjustment=asked, agree=True, by_user_id=rhea.id, now=NOON)
    assert payer(ada).owed_cents == 4999
    with pytest.raises(AlreadySettled):
        decide_adjustment(adjustment=asked, agree=False, by_user_id=rhea.id, now=NOON)


def test_a_limit_is_not_passed_by_giving_in_pieces(app, ada, line, paul):
    assert give(line, 6000, paul).state == "given"
    assert give(line, 6000, paul, "form-2").state == "waiting"


@pytest.mark.parametrize("cents", [0, 15_001])
def test_no_more_than_the_line_is_given_back_counting_what_waits(app, line, paul, cents):
    with pytest.raises(MoreThanPaid):
        give(line, cents, paul)
    give(line, 12_000, paul)
    with pytest.raises(MoreThanPaid):
        give(line, 3001, paul, "form-2")


def test_what_is_turned_down_gives_nothing(app, ada, line, paul, rhea):
    decide_adjustment(adjustment=give(line, 12_000, paul), agree=False, by_user_id=rhea.id, now=NOON)
    assert payer(ada).owed_cents == 15_000


def test_goodwill_is_credit_that_ends_in_time(app, ada, paul):
    given = give_credit(payer=payer(ada), amount=Money(2500), why="car_fault", by_user_id=paul.id, once="form", now=NOON)
    assert (given.state, payer(ada).credit_cents) == ("given", 2500)
    more = give_credit(payer=payer(ada), amount=Money(1), why="car_fault", by_user_id=paul.id, once="more", now=NOON)
    assert more.state == "waiting"


def test_a_dispute_is_decided_with_what_is_given_back(app, ada, line, paul):
    seal = app.extensions["adapters"].seal
    dispute = open_dispute(member=ada, line=line, words="Nobody waited.", seal=seal, now=NOON)
    with pytest.raises(AlreadyDisputed):
        open_dispute(member=ada, line=line, words="Again.", seal=seal, now=NOON)
    assert decide(dispute=dispute, back=Money(5000), reply="Half of it.", seal=seal, by_user_id=paul.id, now=NOON)
    assert (dispute.outcome, dispute.back_cents, payer(ada).owed_cents) == ("partly", 5000, 10_000)
    with pytest.raises(AlreadyDecided):
        decide(dispute=dispute, back=Money(0), reply="No.", seal=seal, by_user_id=paul.id, now=NOON)


def test_a_dispute_above_the_limit_is_decided_when_a_second_person_agrees(app, ada, line, paul, rhea):
    seal = app.extensions["adapters"].seal
    dispute = open_dispute(member=ada, line=line, words="Nobody waited.", seal=seal, now=NOON)
    assert not decide(dispute=dispute, back=line.amount, reply="All of it.", seal=seal, by_user_id=paul.id, now=NOON)
    assert dispute.outcome is None
    waiting = db.session.scalars(select(Adjustment).where(Adjustment.state == "waiting")).one()
    second_opinion(adjustment=waiting, agree=True, by_user_id=rhea.id, now=NOON)
    db.session.refresh(dispute)
    assert dispute.outcome == "given_back"


def test_a_withdrawn_dispute_is_over_and_a_payment_cannot_be_disputed(app, ada, line):
    seal = app.extensions["adapters"].seal
    dispute = open_dispute(member=ada, line=line, words="Nobody waited.", seal=seal, now=NOON)
    withdraw_dispute(dispute=dispute, now=NOON)
    assert dispute.outcome == "withdrawn"
    with transaction():
        enter([Transfer(Account.BANK, Account.RECEIVABLE, Money(1), Origin.PAYMENT, "paid_by_transfer", "invoice_due", 1,
                        "paid", NOON, payer_id=payer(ada).id)])
    paid = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "paid")).one()
    with pytest.raises(NotDisputable):
        open_dispute(member=ada, line=paid, words="No.", seal=seal, now=NOON)


def test_nobody_gives_money_to_themselves(app, people):
    member = people.member()
    me = member.user
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(500), Origin.AFTER, "late_fee", "late_fee", 1, "mine", NOON,
                        payer_id=payer(member).id, member_id=member.id)])
    mine = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "mine")).one()
    with pytest.raises(NotYourOwn):
        give(mine, 100, me)
    with pytest.raises(NotYourOwn):
        give_credit(payer=payer(member), amount=Money(100), why="goodwill", by_user_id=me.id, once="mine", now=NOON)
