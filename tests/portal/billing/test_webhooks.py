"""Webhooks: what is false is turned away; what is true has its effect once, in whatever order and however often it comes."""

import json
import time
from itertools import permutations
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow, deliver
from portal.billing.handle import money_handlers
from portal.billing.ledger.check import differences
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payments.events import keep_event
from portal.billing.payments.models import Chargeback, Payment, PaymentCall, PaymentEvent
from portal.billing.payments.settle import settle
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.billing.stripe.embedded.webhooks import signature
from portal.worker import do_due
from tests.conftest import SOAK, WEBHOOK_SECRET
from tests.portal.billing.made import payer, the_books_are_right

pytestmark = [pytest.mark.one_database, pytest.mark.long]


@pytest.fixture
def stripe(app, clock):
    """The embedded Stripe whose answers to charges never come: only webhooks tell what it did."""
    embedded = app.extensions["adapters"].stripe
    embedded.faults = lambda method, path: (
        Fault(Trouble.TIME_OUT_AFTER) if (method, path) == ("post", "/v1/payment_intents") else None)
    return embedded


def post(app, body: bytes, signed: str) -> int:
    return app.test_client().post("/webhooks/stripe", data=body, content_type="application/json",
                                  headers={"Stripe-Signature": signed}).status_code


def signed(body: bytes, secret: str = WEBHOOK_SECRET, *, ago: int = 0) -> str:
    at = time.time() - ago
    with patch("portal.billing.stripe.embedded.webhooks.time.time", lambda: at):
        return signature(body.decode(), secret)


def take_in(app) -> None:
    """The worker takes in what was kept, and does nothing else."""
    table = money_handlers(app.extensions["adapters"].payments, "http://localhost")
    while deliver({"payment_event": table["payment_event"]}, limit=50):
        pass
    db.session.rollback()


def charged(app, member, clock, once: str = "toll") -> Payment:
    """The member is charged 20 dollars, and the answer is lost."""
    who = payer(member)
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(2_000), Origin.NOTICE, "toll", "at_cost", 1, once, clock(),
                        payer_id=who.id, member_id=member.id)])
    settle(payer_id=who.id, now=clock())
    table = money_handlers(app.extensions["adapters"].payments, "http://localhost")
    deliver({"payment_call": table["payment_call"]})
    return db.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def told(stripe, *kinds: str) -> list[bytes]:
    """What Stripe has to tell now, of these kinds."""
    found = []
    for event_id, body, _signed in stripe.due_webhooks(10_000):
        stripe.acknowledge(event_id)
        if not kinds or json.loads(body)["type"] in kinds:
            found.append(body)
    return found


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def end_of(payment: Payment) -> tuple:
    """All that is known of a payment, but its ids."""
    rows = db.session.execute(select(LedgerRow.code, LedgerRow.debit_account, LedgerRow.credit_account, LedgerRow.amount_cents)
                              .where(LedgerRow.payment_id == payment.id).order_by(LedgerRow.code)).all()
    backs = db.session.execute(
        select(Chargeback.state, Chargeback.amount_cents).where(Chargeback.payment_id == payment.id)).all()
    return payment.state, payment.captured_cents, payment.refunded_cents, tuple(rows), tuple(backs)


@pytest.mark.parametrize("false", ["forged", "altered", "stale", "of the other mode", "unsigned", "no event"])
def test_what_is_false_is_turned_away_and_changes_nothing(app, people, clock, stripe, false):
    payment = charged(app, people.member(), clock)
    (body,) = told(stripe, "payment_intent.succeeded")
    header = signed(body)
    match false:
        case "forged":
            header = signed(body, "whsec_guessed")
        case "altered":
            body = body.replace(b'"amount":2000', b'"amount":9000')
        case "stale":
            header = signed(body, ago=301)
        case "of the other mode":
            body = body.replace(b'"livemode":false', b'"livemode":true')
            header = signed(body)
        case "unsigned":
            header = ""
        case "no event":
            body = b'{"object": "charge"}'
            header = signed(body)
    assert post(app, body, header) == 400
    take_in(app)
    assert count(PaymentEvent) == 0
    assert (payment.state, payment.captured_cents) == ("wanted", 0)


def test_one_that_is_just_not_stale_is_taken(app, people, clock, stripe):
    payment = charged(app, people.member(), clock)
    (body,) = told(stripe, "payment_intent.succeeded")
    assert post(app, body, signed(body, ago=290)) == 200
    take_in(app)
    assert payment.state == "captured"


def test_a_hundred_of_the_same_have_one_effect(app, people, clock, stripe):
    ada = people.member()
    payment = charged(app, ada, clock)
    (body,) = told(stripe, "payment_intent.succeeded")
    for number in range(100):
        assert post(app, body, signed(body)) == 200
        if number % 10 == 0:
            take_in(app)
    take_in(app)
    assert count(PaymentEvent) == 1
    assert db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.kind == "payment_event")) == 1
    assert [row.amount_cents for row in db.session.scalars(select(LedgerRow).where(LedgerRow.code == "paid"))] == [2_000]
    assert (payment.captured_cents, payer(ada).owed_cents) == (2_000, 0)


def test_a_hundred_that_tell_of_the_same_have_one_effect(app, people, clock, stripe):
    """Also when each has an id of its own, so that none is known as the same: we look, and do not believe."""
    charged(app, people.member(), clock)
    (body,) = told(stripe, "payment_intent.succeeded")
    for number in range(100):
        another = body.replace(b'"id":"evt_', b'"id":"evt_%03d' % number)
        assert post(app, another, signed(another)) == 200
    take_in(app)
    assert count(PaymentEvent) == 100
    assert [row.amount_cents for row in db.session.scalars(select(LedgerRow).where(LedgerRow.code == "paid"))] == [2_000]
    stripe.faults = None
    do_due(app)
    the_books_are_right(app)


FIVE = ("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.dispute.created",
        "charge.dispute.funds_withdrawn")


def test_in_every_order_five_events_come_to_the_same_end(app, people, clock, stripe):
    ada = people.member(card="pm_card_createDispute")
    orders = list(permutations(FIVE))[:: 1 if SOAK else 5]
    payments = [charged(app, ada, clock, f"toll-{number}") for number in range(len(orders))]
    clock.forward(minutes=11)
    of_payment: dict[str, dict[str, bytes]] = {}
    for body in told(stripe, *FIVE):
        event = json.loads(body)
        about = event["data"]["object"]
        intent = about["id"] if about["object"] == "payment_intent" else about["payment_intent"]
        of_payment.setdefault(intent, {})[event["type"]] = body
    calls = {call.key: call.about for call in db.session.scalars(select(PaymentCall))}
    mine = {calls[intent["metadata"]["once"]]: of_payment[intent["id"]] for intent in stripe.store.scan("payment_intent")}
    read = app.extensions["adapters"].payments.read_event
    for payment, order in zip(payments, orders, strict=True):
        for kind in order:
            body = mine[payment.id][kind]
            keep_event(read(body, signed(body)))
            clock.forward(seconds=1)  # they are taken in as they came
    take_in(app)
    ends = {end_of(payment) for payment in payments}
    assert len(ends) == 1
    (end,) = ends
    assert end == ("captured", 2_000, 0, (("charged_back", "charged_back", "processor", 2_000),
                                          ("paid", "processor", "receivable", 2_000)), (("needs_response", 2_000),))
    assert differences() == []


def test_a_webhook_that_comes_before_the_answer_is_as_good_as_it(app, people, clock):
    embedded = app.extensions["adapters"].stripe
    through, told_first = embedded._through, []

    def webhook_first(request, fault):
        answer = through(request, fault)
        if request.path == "/v1/payment_intents" and request.method.upper() == "POST" and not told_first:
            told_first.extend(told(embedded))
            with app.app_context():
                for body in told_first:
                    assert post(app, body, signed(body)) == 200
                take_in(app)
        return answer

    ada = people.member()
    told(embedded)
    with patch.object(embedded, "_through", webhook_first):
        payment = charged(app, ada, clock)
    assert told_first
    assert (payment.state, payment.captured_cents) == ("captured", 2_000)
    assert db.session.scalars(select(PaymentCall)).one().state == "done"
    assert payer(ada).owed_cents == 0
    the_books_are_right(app)


def test_events_are_replayed_by_name_and_since_when_and_nothing_changes(app, people, clock, stripe):
    payment = charged(app, people.member(), clock)
    bodies = told(stripe)
    for body in bodies:
        assert post(app, body, signed(body)) == 200
    take_in(app)
    before = end_of(payment)
    runner = app.test_cli_runner()
    name = json.loads(bodies[0])["id"]
    assert "1 events will be taken in again" in runner.invoke(args=["payments", "replay", name]).output
    clock.forward(minutes=1)
    since = f"{clock():%Y-%m-%d}"
    assert f"{len(bodies)} events will be taken in again" in runner.invoke(
        args=["payments", "replay", "--since", since]).output
    take_in(app)
    assert end_of(payment) == before
    again = [row for row in db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "payment_event")) if row.done_at]
    assert len(again) == len(bodies) * 2 + 1


def test_a_replay_mends_what_was_handled_in_vain(app, people, clock, stripe):
    """As when an event was taken in by a version of ours that did not understand it."""
    payment = charged(app, people.member(), clock)
    (body,) = told(stripe, "payment_intent.succeeded")
    keep = json.loads(body)["id"]
    assert post(app, body, signed(body)) == 200
    with patch("portal.billing.payments.events._look", lambda *_: None):
        take_in(app)
    assert payment.state == "wanted"
    app.test_cli_runner().invoke(args=["payments", "replay", keep])
    take_in(app)
    assert payment.state == "captured"


@pytest.mark.parametrize(("kind", "about"), [
    ("radar.early_fraud_warning.created", {"object": "radar.early_fraud_warning", "id": "issfr_1", "charge": "ch_1"}),
    ("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_of_somebody_else"}),
    ("charge.refunded", {"object": "charge", "id": "ch_2", "payment_intent": "pi_gone"}),
    ("refund.failed", {"object": "refund", "id": "re_unknown", "payment_intent": None}),
    ("charge.dispute.created", {"object": "dispute", "id": "du_unknown", "payment_intent": None}),
    ("checkout.session.completed", {"object": "checkout.session", "id": "cs_test_unknown"}),
    ("v2.something.new", {"object": "something", "nested": {"deep": [1, 2, 3]}}),
])
def test_what_we_know_nothing_of_is_kept_and_harmless(app, people, clock, stripe, kind, about):
    payment = charged(app, people.member(), clock)
    body = json.dumps({"object": "event", "id": "evt_strange", "type": kind, "created": int(clock().timestamp()),
                       "livemode": False, "data": {"object": about}}).encode()
    assert post(app, body, signed(body)) == 200
    take_in(app)
    kept = db.session.get_one(PaymentEvent, "evt_strange")
    assert kept.handled_at is not None
    assert (kept.kind, kept.object_kind, kept.object_id) == (kind, about["object"], about.get("id", ""))
    assert (payment.state, payment.captured_cents) == ("wanted", 0)
