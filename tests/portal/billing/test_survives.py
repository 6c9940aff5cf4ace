"""Whatever goes wrong, nobody is charged twice, no charge is lost, and the ledger balances to the cent.

`SOAK=1` lives a thousand lives. With any one guard switched off the same lives must break: an oracle that cannot fail is none.
"""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest
from sqlalchemy import select, text

import config
from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from core.outbox import OutboxRow, post
from core.time import now
from portal.app import create_app
from portal.billing.adjustments.give import give_back
from portal.billing.cards.change import cards_of, pay_first_with
from portal.billing.credits import grant as granting
from portal.billing.ledger.check import differences
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.payer_of import add_business, let_pay, own_payer
from portal.billing.payments import events
from portal.billing.payments.errors import NothingToPay
from portal.billing.payments.events import keep_event
from portal.billing.payments.models import Chargeback, Payment, PaymentPage, Refund
from portal.billing.payments.pages import ask_for_card, ask_to_confirm, ask_to_pay, come_back, waits_for_member
from portal.billing.payments.take_in import Said
from portal.billing.payments.want import by_processor
from portal.billing.stripe.embedded.checkout_page import Declined, Done
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.billing.stripe.embedded.file import FileStore
from portal.worker import do_due
from tests.conftest import SOAK, settings_for
from tests.factories import VISA, a_card
from tests.portal.billing.chaos import Broken, a_life
from tests.portal.billing.made import balance, payer, payments_for, the_books_are_right
from tests.reservations.made import Street, a_street, booked

pytestmark = pytest.mark.long
LIVES = [("sqlite", seed) for seed in range(1_000 if SOAK else 6)] + [("postgresql", seed) for seed in range(10 if SOAK else 3)]
DECLINES, ASKS_BANK = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


@pytest.mark.parametrize(("database_url", "seed"), LIVES, indirect=["database_url"])
def test_nobody_is_charged_twice_and_no_charge_is_lost(app, street, seed):
    a_life(app, street, seed)


# Each guard switched off by itself.

def _believe(seen) -> None:
    """Take a webhook for news each time, as if none came twice."""
    payment = by_processor(seen.id)
    if payment is not None and seen.captured.cents:
        with transaction():
            enter([Transfer(Account.PROCESSOR, Account.RECEIVABLE, seen.captured, Origin.PAYMENT, "paid", "payment", 1,
                            f"believed-{uuid4()}", now(), payer_id=payment.payer_id, payment_id=payment.id)])
        events.take_in(payment.id, Said.by(seen), now())


def _give_each_time(**told):
    return _grant(**told | {"once": uuid4().hex})


_grant = granting.grant
GUARDS = {
    "the same key for every attempt": lambda: patch(
        "portal.billing.stripe.payments.keyed", lambda once: {"idempotency_key": uuid4().hex}),
    "what is on its way counts": lambda: patch("portal.billing.payments.settle.on_its_way", lambda payer_id: 0),
    "a webhook is taken in once": lambda: patch("portal.billing.payments.events.take_in_seen", _believe),
    "a form is carried out once": lambda: patch.object(granting, "grant", _give_each_time),
    "nothing is asked anew once its key is forgotten": lambda: patch(
        "portal.billing.payments.carry_out.KEYS_LIVE", timedelta(days=1000)),
}


LONG_TO_FAIL = {"the same key for every attempt", "nothing is asked anew once its key is forgotten"}  # dozens of lives


@pytest.mark.one_database
@pytest.mark.parametrize("guard", [guard for guard in GUARDS if SOAK or guard not in LONG_TO_FAIL])
def test_without_a_guard_the_same_lives_break(app, street, guard):
    with GUARDS[guard](), pytest.raises(Broken):  # noqa: PT012 - any of these lives may be the one
        for seed in range(60):
            a_life(app, street, seed, outages=0.25)


# What these lives, and reading along, brought to light: each mended, and held here.

def _owes(member, cents: int, at) -> int:
    """The member owes so much, and it is about to be collected; the number of the line."""
    who = payer(member)
    with transaction():
        once = f"test-{new_id()}"
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(cents), Origin.NOTICE, "toll", "at_cost", 1, once, at,
                        payer_id=who.id, member_id=member.id)])
        post("settle", member_id=member.id, due=at, payer_id=who.id, reservation_id=None)
    return db.session.scalars(select(LedgerRow.id).where(LedgerRow.once == once)).one()


def _balances(member) -> list[tuple[str, int, int]]:
    db.session.rollback()
    return [(one.state, one.amount_cents, one.captured_cents) for one in db.session.scalars(
        select(Payment).where(Payment.payer_id == payer(member).id, Payment.purpose == "balance")
        .order_by(Payment.asked_at, Payment.id))]


def _stripe(app):
    return app.extensions["adapters"].stripe


def _bring_webhooks(app) -> None:
    for event_id, body, signed in _stripe(app).due_webhooks():
        keep_event(app.extensions["adapters"].payments.read_event(body, signed))
        _stripe(app).acknowledge(event_id)
    do_due(app)


def _open(app, page: PaymentPage) -> str:
    do_due(app)
    db.session.refresh(page)
    return page.processor_id


@pytest.mark.one_database
def test_a_charge_that_waits_at_a_bank_does_not_keep_the_card_behind_it_from_being_asked(app, people, street):
    ada = people.member(card=ASKS_BANK)
    a_card(ada)
    _owes(ada, 2_000, street.clock())
    street.work()
    assert [state for state, *_ in _balances(ada)] == ["released", "captured"]
    assert payer(ada).owed_cents == 0


@pytest.mark.one_database
def test_a_new_card_pays_what_waits_at_the_bank_of_the_old_one(app, people, street):
    ada = people.member(card=ASKS_BANK)
    _owes(ada, 2_000, street.clock())
    street.work()
    assert [state for state, *_ in _balances(ada)] == ["confirm"]
    assert payer(ada).dunning_step == 1
    page = ask_for_card(payer=payer(ada), back_to="/", now=street.clock())
    assert isinstance(_stripe(app).complete_page(_open(app, page), VISA), Done)
    come_back(page=page, now=street.clock())
    street.work()
    assert payer(ada).owed_cents == 0
    assert waits_for_member(payer(ada).id) == []


@pytest.mark.one_database
def test_two_cards_whose_banks_ask_are_each_asked_once(app, people, street):
    ada = people.member(card=ASKS_BANK)
    a_card(ada, "pm_card_threeDSecure2Required")
    _owes(ada, 2_000, street.clock())
    street.work()
    assert [state for state, *_ in _balances(ada)] == ["released", "confirm"]


@pytest.mark.one_database
def test_what_is_on_its_way_cannot_be_paid_again_on_the_page(app, people, street):
    ada = people.member()
    _owes(ada, 2_000, street.clock())
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER)
    street.work()
    with pytest.raises(NothingToPay):
        ask_to_pay(payer=payer(ada), back_to="/", now=street.clock())


@pytest.mark.one_database
def test_what_was_paid_on_the_page_is_not_confirmed_at_the_bank_too(app, people, street):
    ada = people.member(card=ASKS_BANK)
    _owes(ada, 2_000, street.clock())
    street.work()
    (waits,) = waits_for_member(payer(ada).id)
    page = ask_to_pay(payer=payer(ada), back_to="/", now=street.clock())
    with pytest.raises(NothingToPay):
        ask_to_confirm(payment=waits, back_to="/", now=street.clock())
    _stripe(app).complete_page(_open(app, page), VISA)
    come_back(page=page, now=street.clock())
    street.work()
    assert _balances(ada) == [("released", 2_000, 0), ("captured", 2_000, 2_000)]
    the_books_are_right(app)


@pytest.mark.one_database
def test_what_was_given_back_meanwhile_is_not_confirmed_at_the_bank(app, people, street):
    ada, mara = people.member(card=ASKS_BANK), people.staff("finance")
    line = _owes(ada, 2_000, street.clock())
    street.work()
    (waits,) = waits_for_member(payer(ada).id)
    give_back(line=db.session.get_one(LedgerRow, line), amount=Money(1_500), why="our_mistake", by_user_id=mara.id,
              once="form-1", now=street.clock())
    page = ask_to_confirm(payment=waits, back_to="/", now=street.clock())
    assert db.session.get_one(Payment, page.payment_id).amount_cents == 500


@pytest.mark.one_database
def test_less_than_the_processor_takes_has_no_page(app, people, street):
    ada = people.member()
    _owes(ada, 49, street.clock())
    with pytest.raises(NothingToPay):
        ask_to_pay(payer=payer(ada), back_to="/", now=street.clock())


@pytest.mark.one_database
def test_a_card_that_is_declined_on_the_page_is_not_kept_and_the_page_stays_the_way_to_pay(app, people, street):
    ada = people.member(card=DECLINES)
    _owes(ada, 2_000, street.clock())
    street.work()
    page = ask_to_pay(payer=payer(ada), back_to="/", now=street.clock())
    session = _open(app, page)
    assert isinstance(_stripe(app).complete_page(session, DECLINES), Declined)
    good = a_card(ada)
    pay_first_with(card=good)
    come_back(page=page, now=street.clock())
    _bring_webhooks(app)
    assert len(cards_of(payer(ada).id)) == 2
    assert _balances(ada)[-1] == ("wanted", 2_000, 0)
    assert isinstance(_stripe(app).complete_page(session, VISA), Done)
    _bring_webhooks(app)
    street.work()
    assert payer(ada).owed_cents == 0
    assert sum(captured for *_, captured in _balances(ada)) == 2_000


@pytest.mark.one_database
def test_what_was_given_back_while_it_was_being_paid_goes_back_to_the_card(app, people, street):
    ada, mara = people.member(card=DECLINES), people.staff("finance")
    line = _owes(ada, 2_000, street.clock())
    street.work()
    page = ask_to_pay(payer=payer(ada), back_to="/", now=street.clock())
    session = _open(app, page)
    give_back(line=db.session.get_one(LedgerRow, line), amount=Money(1_500), why="our_mistake", by_user_id=mara.id,
              once="form-1", now=street.clock())
    _stripe(app).complete_page(session, VISA)
    come_back(page=page, now=street.clock())
    street.work()
    assert [(one.state, one.amount_cents) for one in db.session.scalars(select(Refund))] == [("done", 1_500)]
    assert payer(ada).owed_cents == 0
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_capture_that_a_webhook_told_of_counts_once(app, people, street):
    ada = people.member()
    trip = booked(ada)
    street.unlocked(trip)
    street.work()
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER) if path.endswith("/capture") else None
    street.returned(trip, trip.ends_at)
    _bring_webhooks(app)
    assert payments_for(trip)[0][0] == "captured"
    _owes(ada, 2_000, street.clock())
    street.work()
    assert payer(ada).owed_cents == 0


@pytest.mark.one_database
def test_a_refund_that_failed_before_its_answer_came_is_known_to_have_failed(app, people, street):
    ada, mara = people.member(card="pm_card_refundFail"), people.staff("finance")
    line = _owes(ada, 2_000, street.clock())
    street.work()
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER) if path == "/v1/refunds" else None
    give_back(line=db.session.get_one(LedgerRow, line), amount=Money(500), why="our_mistake", by_user_id=mara.id,
              once="form-1", now=street.clock())
    street.work()
    street.clock.forward(minutes=4)
    _bring_webhooks(app)
    _stripe(app).faults = None
    for _ in range(4):
        street.clock.forward(minutes=30)
        street.work()
    assert db.session.scalars(select(Refund)).one().state == "failed"
    assert payer(ada).owed_cents == -500
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_chargeback_whose_payment_is_not_answered_yet_is_entered(app, people, street):
    ada = people.member(card="pm_card_createDispute")
    _owes(ada, 2_000, street.clock())
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER) if method == "post" else None
    street.work()
    street.clock.forward(minutes=11)
    due = [(body, signed) for _event, body, signed in _stripe(app).due_webhooks() if b'"charge.dispute.created"' in body]
    ((body, signed),) = due
    keep_event(app.extensions["adapters"].payments.read_event(body, signed))
    street.work()
    assert db.session.scalars(select(Chargeback)).one().amount_cents == 2_000


@pytest.mark.one_database
def test_an_inquiry_takes_no_money(app, people, street):
    ada = people.member(card="pm_card_createDisputeInquiry")
    _owes(ada, 2_000, street.clock())
    street.work()
    street.clock.forward(minutes=11)
    _bring_webhooks(app)
    assert db.session.scalars(select(Chargeback)).one().state == "needs_response"
    assert balance(Account.CHARGED_BACK) == 0
    the_books_are_right(app)
    street.clock.forward(days=10)
    _bring_webhooks(app)
    assert balance(Account.LOSS) == balance(Account.CHARGED_BACK) == 0


@pytest.mark.one_database
def test_a_call_that_was_never_answered_is_found_though_the_clock_was_set_back_meanwhile(app, people, street):
    ada = people.member()
    _owes(ada, 2_000, street.clock())
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_BEFORE)
    street.work()
    street.clock.forward(minutes=-59)
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER) if method == "post" else None
    with transaction():
        for job in db.session.scalars(select(OutboxRow)):
            job.due_at = street.clock()
    street.work()
    _stripe(app).faults = None
    street.clock.forward(hours=25)
    street.work()
    assert _balances(ada) == [("captured", 2_000, 2_000)]
    the_books_are_right(app)


def _in_other_words(port, asks: str):
    """As when the second attempt is made by a newer version of ours, whose request is not the same."""
    real = getattr(port.client.v1, asks).create
    return patch.object(getattr(port.client.v1, asks), "create",
                        lambda said, *options: real(said | {"metadata": said["metadata"] | {"version": "2"}}, *options))


@pytest.mark.one_database
def test_a_charge_that_is_asked_in_other_words_after_an_update_is_found_and_not_made_again(app, people, street):
    ada, port = people.member(), app.extensions["adapters"].payments
    a_card(ada)
    _owes(ada, 2_000, street.clock())
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER)
    street.work()
    _stripe(app).faults = None
    street.clock.forward(minutes=5)
    with _in_other_words(port, "payment_intents"):
        street.work()
    assert _balances(ada) == [("captured", 2_000, 2_000)]
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_refund_that_is_asked_in_other_words_after_an_update_is_found_and_not_made_again(app, people, street):
    ada, mara, port = people.member(), people.staff("finance"), app.extensions["adapters"].payments
    line = _owes(ada, 2_000, street.clock())
    street.work()
    give_back(line=db.session.get_one(LedgerRow, line), amount=Money(500), why="our_mistake", by_user_id=mara.id,
              once="form-1", now=street.clock())
    _stripe(app).faults = lambda method, path: Fault(Trouble.TIME_OUT_AFTER)
    street.work()
    _stripe(app).faults = None
    street.clock.forward(minutes=5)
    with _in_other_words(port, "refunds"):
        street.work()
    assert [(one.state, one.amount_cents) for one in db.session.scalars(select(Refund))] == [("done", 500)]
    assert payer(ada).owed_cents == 0
    the_books_are_right(app)


@pytest.mark.one_database
def test_a_hold_pays_only_for_whom_it_was_held(app, people, street):
    ada = people.member()
    trip = booked(ada)
    street.work()
    firm = add_business(name="Lake Design", email="bills@lake.example", at=street.clock())
    let_pay(payer_id=firm.id, member_id=ada.id, at=street.clock())
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    db.session.refresh(firm)
    ((_state, _held, taken),) = payments_for(trip)
    assert (firm.owed_cents + taken, payer(ada).owed_cents) == (trip.price_cents, 0)  # whichever of them pays it


@pytest.mark.one_database
def test_a_new_card_holds_nothing_for_a_trip_that_a_business_pays(app, people, street):
    ada = people.member(card=None)
    firm = add_business(name="Lake Design", email="bills@lake.example", at=street.clock())
    let_pay(payer_id=firm.id, member_id=ada.id, at=street.clock())
    trip = booked(ada)
    page = ask_for_card(payer=own_payer(ada.id), back_to="/", now=street.clock())
    _stripe(app).complete_page(_open(app, page), VISA)
    come_back(page=page, now=street.clock())
    street.work()
    assert payments_for(trip) == []


@pytest.mark.one_database
def test_two_pages_at_once_make_one_customer(app, people, street):
    ada = people.member(card=None)
    first = ask_for_card(payer=own_payer(ada.id), back_to="/", now=street.clock())
    port, opened = app.extensions["adapters"].payments, []
    make = port.open_customer

    def meanwhile(**told):
        customer = make(**told)
        if not opened:  # another worker is faster with the other page
            opened.append(ask_for_card(payer=own_payer(ada.id), back_to="/", now=street.clock()))
            do_due(app)
        return customer

    with patch.object(port, "open_customer", meanwhile):
        do_due(app)
    (second,) = opened
    for page in (first, second):
        db.session.refresh(page)
        _stripe(app).complete_page(page.processor_id, VISA)
        come_back(page=page, now=street.clock())
    street.work()
    owners = {app.extensions["adapters"].payments.client.v1.payment_methods.retrieve(card.processor_id).customer
              for card in cards_of(payer(ada).id)}
    assert owners == {payer(ada).customer}


@pytest.mark.one_database
def test_a_debt_that_was_given_back_is_forgotten_and_the_next_one_is_asked_for_from_the_beginning(app, people, street):
    ada, mara = people.member(card=DECLINES), people.staff("finance")
    line = _owes(ada, 2_000, street.clock())
    street.work()
    give_back(line=db.session.get_one(LedgerRow, line), amount=Money(2_000), why="our_mistake", by_user_id=mara.id,
              once="form-1", now=street.clock())
    street.clock.forward(hours=2)
    street.work()
    assert (payer(ada).owing_since, payer(ada).dunning_step) == (None, 0)
    _owes(ada, 3_000, street.clock())
    street.work()
    assert payer(ada).owing_since == street.clock()


# Processes that are really killed, on the store that processes share.

WORKER = """
import os, signal, sys, time
from core.database import after_end, at_commit, db
from portal.app import create_app
from portal.billing.payments.models import CallState, PaymentCall
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.worker import do_due

where, app = sys.argv[1], create_app()
embedded = app.extensions["adapters"].stripe
embedded.timeout = 120


def hang(method, path):
    if method == "post" and path == "/v1/payment_intents":
        print("there", flush=True)
        if where == "before it acts":
            time.sleep(120)
        if where == "before it answers":
            return Fault(Trouble.HANG, seconds=100)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def at_the_answer():
    if db.session.query(PaymentCall).filter(PaymentCall.state == CallState.DONE).count():
        die() if where == "before our commit" else after_end(die)


with app.app_context():
    embedded.faults = hang
    if where in ("before our commit", "after our commit"):
        with at_commit(at_the_answer):
            do_due(app)
    else:
        do_due(app)
"""


KILLED = ("before it acts", "before it answers", "before our commit", "after our commit")


@pytest.mark.one_database
@pytest.mark.parametrize("where", KILLED if SOAK else KILLED[1:3])
def test_a_worker_that_is_killed_in_the_middle_of_a_charge_charges_once(app, people, database_url, tmp_path, where):
    settings = settings_for(tmp_path, database_url)
    other = create_app(settings)
    with other.app_context():
        ada = people.member(card=VISA)
        _owes(ada, 2_000, now())
        db.session.remove()
    environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(tmp_path), "DATABASE_URL": database_url,
                            "PYTHONPATH": str(config.ROOT)}
    with subprocess.Popen([sys.executable, "-c", WORKER, where], env=environ, cwd=config.ROOT, text=True,
                          stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == "there\n"
        if where in ("before it acts", "before it answers"):
            _wait_until(lambda: where == "before it acts" or _intents(tmp_path))
            os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(60) == -signal.SIGKILL
    with other.app_context():
        with transaction():
            db.session.execute(text("UPDATE outbox SET leased_until = NULL"))  # the minute has passed
        for _ in range(2):
            do_due(other)
        (intent,) = _intents(tmp_path)
        assert intent["amount_received"] == 2_000
        assert _balances(ada) == [("captured", 2_000, 2_000)]
        assert payer(ada).owed_cents == 0
        assert differences() == []
        db.session.remove()
        db.engine.dispose()


def _intents(home: Path) -> list:
    store = FileStore(home / "stripe.sqlite")
    with store.transaction():
        found = list(store.scan("payment_intent"))
    store.close()
    return found


def _wait_until(holds) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")
