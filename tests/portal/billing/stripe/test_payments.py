"""What only the embedded Stripe can show: lost answers, pages that members fill in, the clock, webhooks, the whole books."""

import json
import logging
import re
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from core.money import Money
from core.time import now
from portal.adapters import build_adapters
from portal.billing.payments.port import (
    BadSignature,
    CardDeclined,
    NeedsConfirmation,
    PaymentsDown,
    PaymentSeen,
    PaymentsRefused,
    PaymentState,
    PaymentTrouble,
    Redirect,
)
from portal.billing.stripe.build import embedded_over, embedded_payments, live_payments
from portal.billing.stripe.checks import ASKS, BACK, DECLINED, DISPUTED, GIVE_UP, WORKS, Bench
from portal.billing.stripe.embedded.checkout_page import AsksBank, Declined, Done, Expired
from portal.billing.stripe.embedded.client import EmbeddedStripe
from portal.billing.stripe.embedded.faults import Fault, Trouble
from portal.billing.stripe.embedded.memory import MemoryStore
from portal.billing.stripe.payments import StripePayments, naming_its_page
from tests.conftest import settings_for
from tests.factories import Clock

SECRET = "whsec_only_for_tests"
ASKS_ONCE = "pm_card_authenticationRequiredOnSetup"
INTENTS = "/v1/payment_intents"


@dataclass(frozen=True, kw_only=True)
class Till(Bench):
    """A bench over the embedded Stripe, with its handles."""

    stripe: EmbeddedStripe

    def fails(self, trouble: Trouble, path: str = INTENTS) -> None:
        """The next POST to this address fails so; those after it do not."""
        left = [Fault(trouble)]
        self.stripe.faults = lambda method, at: left.pop() if left and (method, at) == ("post", path) else None

    def lines(self) -> list[tuple[str, int, int]]:
        """The books of three months: kind, amount and fee of each line, in cents."""
        lines = self.payments.movements(now() - timedelta(days=90), now() + timedelta(days=1))
        return [(line.kind, line.amount.cents, line.fee.cents) for line in lines]

    def page(self, cents: int = 2500, *, hold: bool = False, customer: str = "", once: str = "") -> Redirect:
        """A page on which somebody is to pay."""
        return self.payments.ask_to_pay(customer or self.customer(), Money(cents), about="Your trip", hold=hold, back_to=BACK,
                                        give_up_to=GIVE_UP, once=once or self.once())

    def paid(self, page: Redirect) -> PaymentSeen:
        """What was paid on the page."""
        seen = self.payments.look_at_page(page.id).payment
        assert seen is not None
        return seen


@pytest.fixture
def till(clock: Clock) -> Till:
    made = embedded_over(MemoryStore(), clock=now, webhook_secret=SECRET, checkout_base="http://localhost:8000", disorder=False)
    assert made.embedded is not None
    return Till(made.payments, SECRET, lambda seconds: clock.forward(seconds=seconds), stripe=made.embedded)


@dataclass(frozen=True)
class Ask:
    """One request for money, to be made as often as needed."""

    till: Till
    customer: str
    card: str
    once: str

    def __call__(self, cents: int = 1500) -> PaymentSeen:
        return self.till.payments.charge(self.customer, self.card, Money(cents), about="Your trip", once=self.once)


@pytest.fixture
def ask(till: Till) -> Ask:
    customer = till.customer()
    return Ask(till, customer, till.card(customer), till.once())


# Answers that do not come.


def test_what_never_arrived_is_not_found_and_is_done_once_when_asked_again(till: Till, ask: Ask) -> None:
    till.fails(Trouble.TIME_OUT_BEFORE)
    with pytest.raises(PaymentsDown, match="no_answer"):
        ask()
    assert till.payments.find(ask.customer, once=ask.once, since=now()) is None

    assert ask().state is PaymentState.CAPTURED
    assert [kind for kind, _, _ in till.lines()] == ["charge"]


def test_a_charge_whose_answer_was_lost_is_found_and_is_not_made_again(till: Till, ask: Ask) -> None:
    till.fails(Trouble.TIME_OUT_AFTER)
    with pytest.raises(PaymentsDown, match="no_answer"):
        ask()

    found = till.payments.find(ask.customer, once=ask.once, since=now())

    assert found is not None
    assert found.captured == Money(1500)
    assert ask() == found
    assert [kind for kind, _, _ in till.lines()] == ["charge"]


def test_a_lost_charge_is_found_when_stripe_has_forgotten_its_key(till: Till, ask: Ask, clock: Clock) -> None:
    asked_at = now()
    till.fails(Trouble.TIME_OUT_AFTER)
    with pytest.raises(PaymentsDown):
        ask()
    clock.forward(hours=30)
    for _ in range(120):  # more than Stripe lists on a page
        replace_once(ask, till.once())(500)

    found = till.payments.find(ask.customer, once=ask.once, since=asked_at)

    assert found is not None
    assert found.at == asked_at


def replace_once(ask: Ask, once: str) -> Ask:
    return Ask(ask.till, ask.customer, ask.card, once)


@pytest.mark.parametrize("trouble", [Trouble.TIME_OUT_BEFORE, Trouble.TIME_OUT_AFTER])
def test_a_refund_without_an_answer_is_found_if_it_was_made_and_is_made_once(till: Till, trouble: Trouble) -> None:
    charged, once = till.charge(2000), till.once()
    till.fails(trouble, "/v1/refunds")
    with pytest.raises(PaymentsDown):
        till.payments.refund(charged.id, Money(500), once=once)

    found = till.payments.find_refund(charged.id, once=once)
    assert (found is not None) is (trouble is Trouble.TIME_OUT_AFTER)
    refund = till.payments.refund(charged.id, Money(500), once=once)
    assert found in (None, refund)
    assert till.payments.look_at_payment(charged.id).refunded == Money(500)


@pytest.mark.parametrize(("trouble", "code"), [(Trouble.ERROR, "http_500"), (Trouble.RATE_LIMIT, "rate_limit")])
def test_an_error_or_a_limit_of_stripes_is_tried_again_later(till: Till, ask: Ask, trouble: Trouble, code: str) -> None:
    till.fails(trouble)
    with pytest.raises(PaymentsDown) as down:
        ask()
    assert down.value.code == code
    assert ask().state is PaymentState.CAPTURED


def test_many_of_the_same_at_once_charge_once(till: Till, ask: Ask) -> None:
    def said(_: int) -> str:
        try:
            return ask().id
        except PaymentsDown as busy:
            return busy.code

    with ThreadPoolExecutor(16) as hands:
        answers = set(hands.map(said, range(64)))
    assert len(answers - {"idempotency_key_in_use"}) == 1, "who comes while it is under way is told to ask again"
    assert [kind for kind, _, _ in till.lines()] == ["charge"]


def test_a_once_is_not_taken_for_another_errand(till: Till, ask: Ask) -> None:
    charged = ask()
    for other in (lambda: ask(1501),
                  lambda: till.payments.hold(ask.customer, ask.card, Money(1500), about="Your trip", once=ask.once),
                  lambda: till.payments.refund(charged.id, Money(1500), once=ask.once)):
        with pytest.raises(PaymentsRefused, match="idempotency_error"):
            other()


@pytest.mark.parametrize("once", ["", "two words", "naïve", "line\nbreak", "x" * 256])
def test_a_once_that_cannot_travel_is_refused_before_it_does(till: Till, ask: Ask, once: str) -> None:
    with pytest.raises(ValueError, match="once is"):
        replace_once(ask, once)()


def test_a_key_that_stripe_does_not_know_is_no_refusal_of_the_payment(till: Till, ask: Ask) -> None:
    payments = StripePayments(secret_key="sk_live_of_another", webhook_secret=SECRET, http_client=till.stripe)
    with pytest.raises(PaymentsDown) as down:
        payments.charge(ask.customer, ask.card, Money(900), about="Your trip", once=ask.once)
    assert down.value.code == "key_http_401"


def test_stripe_is_asked_once_and_waited_for_eight_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def silent(_self: requests.Session, _method: str, _url: str, **how: Any) -> None:
        asked.append(how)
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", silent)
    payments = live_payments("sk_test_secret_of_ours", SECRET).payments
    with pytest.raises(PaymentsDown, match="no_answer") as down:
        payments.charge("cus_1", "pm_1", Money(900), about="Your trip", once="once-1")

    assert [(how["timeout"], how["headers"]["Idempotency-Key"], how["headers"]["Stripe-Version"]) for how in asked] == [
        ((3.0, 5.0), "once-1", stripe.api_version)]
    assert "secret_of_ours" not in "".join(traceback.format_exception(down.value))


# Cards that ask, and pages.


def test_a_page_for_a_card_keeps_it_for_later(till: Till) -> None:
    customer = till.customer()
    page = till.payments.ask_for_card(customer, back_to=BACK, give_up_to=GIVE_UP, once=till.once())
    assert page.ends_at == now() + timedelta(hours=24)

    done = till.stripe.complete_page(page.id, WORKS)

    assert done == Done(f"{BACK}&session_id={page.id}")
    seen = till.payments.look_at_page(page.id)
    assert (seen.state, seen.payment) == ("complete", None)
    assert seen.card is not None
    assert (seen.card.brand, seen.card.last_four, seen.card.exp_year) == ("visa", "4242", 2034)
    till.payments.charge(customer, seen.card.id, Money(800), about="Your trip", once=till.once())


def test_a_page_for_paying_takes_the_money_under_our_once_and_keeps_the_card(till: Till) -> None:
    customer, once = till.customer(), till.once()
    page = till.page(2500, customer=customer, once=once)
    assert till.payments.look_at_page(page.id).payment is None

    assert isinstance(till.stripe.complete_page(page.id, WORKS), Done)

    paid = till.paid(page)
    assert (paid.state, paid.captured, paid.once) == (PaymentState.CAPTURED, Money(2500), once)
    assert till.payments.find(customer, once=once, since=now()) == paid
    assert paid.card is not None
    till.payments.charge(customer, paid.card.id, Money(800), about="Your trip", once=till.once())


def test_a_page_for_a_hold_holds_and_takes_nothing(till: Till) -> None:
    page = till.page(2500, hold=True)
    till.stripe.complete_page(page.id, WORKS)

    held = till.paid(page)

    assert (held.state, held.captured, held.hold_ends_at) == (PaymentState.HELD, Money(0), now() + timedelta(days=7))
    assert till.payments.capture(held.id, Money(2000), once=till.once()).captured == Money(2000)


def test_on_a_page_the_bank_sees_its_customer(till: Till) -> None:
    page = till.page()
    assert till.stripe.complete_page(page.id, ASKS) == AsksBank()
    assert till.paid(page).state is PaymentState.CONFIRM

    assert isinstance(till.stripe.complete_page(page.id, ASKS, bank_says_yes=True), Done)
    assert till.paid(page).state is PaymentState.CAPTURED


def test_on_a_page_another_card_may_be_tried_after_the_bank_said_no(till: Till) -> None:
    page = till.page()
    till.stripe.complete_page(page.id, ASKS)
    assert isinstance(till.stripe.complete_page(page.id, ASKS, bank_says_yes=False), Declined)
    waiting = till.paid(page)
    assert (waiting.state, waiting.declined_why) == (PaymentState.DECLINED, "payment_intent_authentication_failure")
    assert isinstance(till.stripe.complete_page(page.id, DECLINED), Declined)
    assert till.paid(page).declined_why == "generic_decline"

    assert isinstance(till.stripe.complete_page(page.id, WORKS), Done)
    paid = till.paid(page)
    assert (paid.id, paid.state, paid.declined_why) == (waiting.id, PaymentState.CAPTURED, None)


def test_a_card_that_was_confirmed_once_pays_later_while_its_owner_is_away(till: Till) -> None:
    customer = till.customer()
    page = till.payments.ask_for_card(customer, back_to=BACK, give_up_to=GIVE_UP, once=till.once())
    till.stripe.complete_page(page.id, ASKS_ONCE)
    till.stripe.complete_page(page.id, ASKS_ONCE, bank_says_yes=True)
    card = till.payments.look_at_page(page.id).card
    assert card is not None
    assert till.payments.hold(customer, card.id, Money(900), about="Your trip", once=till.once()).state is PaymentState.HELD


def test_a_charge_that_waits_for_the_bank_keeps_its_card_in_sight_and_takes_nothing(till: Till) -> None:
    with pytest.raises(NeedsConfirmation) as wait:
        till.charge(1500, ASKS)
    assert wait.value.payment_id is not None
    waiting = till.payments.look_at_payment(wait.value.payment_id)
    assert (waiting.state, waiting.declined_why, waiting.captured) == (PaymentState.CONFIRM, None, Money(0))
    assert waiting.card is not None
    assert till.lines() == []


def test_a_page_that_is_complete_stays_so_when_it_is_closed(till: Till) -> None:
    page = till.page()
    till.stripe.complete_page(page.id, WORKS)
    till.payments.close_page(page.id)
    assert till.payments.look_at_page(page.id).state == "complete"


def test_nobody_pays_on_a_page_that_is_closed_or_a_day_old(till: Till, clock: Clock) -> None:
    closed, old = till.page(), till.page()
    till.payments.close_page(closed.id)
    clock.forward(hours=25)
    till.payments.close_page(old.id)
    for page in (closed, old):
        assert till.stripe.complete_page(page.id, WORKS) == Expired()
        assert till.payments.look_at_page(page.id).state == "expired"


@pytest.mark.parametrize(("ours", "named"), [
    ("https://cars.example/wallet", "https://cars.example/wallet?session_id={CHECKOUT_SESSION_ID}"),
    ("https://cars.example/wallet?a=b", "https://cars.example/wallet?a=b&session_id={CHECKOUT_SESSION_ID}"),
    ("https://cars.example/wallet#paid", "https://cars.example/wallet?session_id={CHECKOUT_SESSION_ID}#paid"),
])
def test_the_way_back_names_the_page(ours: str, named: str) -> None:
    assert naming_its_page(ours) == named


# Holds, money and the books.


def test_a_hold_that_ran_out_is_released_and_cannot_be_captured(till: Till, clock: Clock) -> None:
    held = till.hold(6000)
    assert held.hold_ends_at == now() + timedelta(days=7)
    clock.forward(days=7, seconds=1)

    seen = till.payments.look_at_payment(held.id)
    assert (seen.state, seen.captured, seen.refunded, seen.hold_ends_at) == (PaymentState.RELEASED, Money(0), Money(0), None)
    with pytest.raises(PaymentsRefused) as late:
        till.payments.capture(held.id, Money(6000), once=till.once())
    assert late.value.code == "payment_intent_unexpected_state"
    assert late.value.payment_id == held.id
    assert till.payments.release(held.id, once=till.once()) == seen


def test_a_card_of_somebody_else_is_not_charged(till: Till) -> None:
    theirs = till.card(till.customer())
    with pytest.raises(PaymentsRefused):
        till.payments.charge(till.customer(), theirs, Money(900), about="Your trip", once=till.once())


def test_the_books_have_what_was_captured_and_given_back_and_what_it_cost(till: Till) -> None:
    held = till.hold(10_000)
    till.payments.capture(held.id, Money(4000), once=till.once())
    charged = till.charge(2000)
    till.payments.refund(charged.id, Money(500), once=till.once())
    till.payments.release(till.hold(9000).id, once=till.once())
    with pytest.raises(PaymentsRefused):
        till.payments.refund(charged.id, Money(1501), once=till.once())
    with pytest.raises(CardDeclined):
        till.charge(7000, DECLINED)

    assert till.lines() == [("charge", 4000, 146), ("charge", 2000, 88), ("refund", -500, 0)]


@pytest.mark.parametrize(("evidence", "state", "lines"), [
    ("winning_evidence", "won",
     [("charge", 4000, 146), ("dispute", -4000, 1500), ("dispute_reversal", 4000, 0), ("other", 1500, 0)]),
    ("losing_evidence", "lost", [("charge", 4000, 146), ("dispute", -4000, 1500)]),
])
def test_a_chargeback_takes_the_money_and_its_fee_and_gives_them_back_when_it_is_won(
        till: Till, clock: Clock, evidence: str, state: str, lines: list[tuple[str, int, int]]) -> None:
    till.charge(4000, DISPUTED)
    clock.forward(minutes=20)
    opened = next(event for event in events(till) if event.kind == "charge.dispute.created")
    till.payments.answer_chargeback(opened.object_id, {"uncategorized_text": evidence}, once=till.once())
    clock.forward(minutes=5)

    assert till.payments.look_at_chargeback(opened.object_id).state == state
    assert till.lines() == lines


def test_the_books_of_a_busy_day_are_read_to_the_end_and_in_order(till: Till, ask: Ask, clock: Clock) -> None:
    start = now()
    for cents in range(500, 730):
        replace_once(ask, till.once())(cents)
        clock.forward(seconds=1)
    lines = list(till.payments.movements(start, now()))
    assert [line.amount.cents for line in lines] == list(range(500, 730))
    assert [line.amount.cents for line in till.payments.movements(start + timedelta(seconds=10), start + timedelta(seconds=12))
            ] == [510, 511], "from the first moment on, and up to the last without it"


@pytest.mark.parametrize(("card", "states"), [
    ("pm_card_pendingRefund", ["pending", "done"]), ("pm_card_refundFail", ["done", "failed"]),
])
def test_a_refund_is_under_way_or_fails_later(till: Till, clock: Clock, card: str, states: list[str]) -> None:
    charged = till.charge(3000, card)
    refund = till.payments.refund(charged.id, Money(1000), once=till.once())
    clock.forward(minutes=10)
    assert [refund.state, till.payments.look_at_refund(refund.id).state] == states
    given_back = Money(0) if states[-1] == "failed" else Money(1000)
    assert till.payments.look_at_payment(charged.id).refunded == given_back


# Webhooks.


def events(till: Till) -> list[Any]:
    """Every webhook that is due, read and acknowledged."""
    found = []
    for event_id, body, signature in till.stripe.due_webhooks():
        found.append(till.payments.read_event(body, signature))
        till.stripe.acknowledge(event_id)
    return found


def signed(body: str, secret: str = SECRET, age_seconds: float = 0) -> tuple[bytes, str]:
    at = int(time.time() - age_seconds)
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, at)


def test_each_webhook_names_the_payment_it_belongs_to(till: Till) -> None:
    charged = till.charge(1000)
    refund = till.payments.refund(charged.id, Money(100), once=till.once())

    seen = {event.kind: event for event in events(till)}

    succeeded, refunded = seen["payment_intent.succeeded"], seen["refund.created"]
    assert (succeeded.object_kind, succeeded.object_id, succeeded.payment_id) == ("payment_intent", charged.id, charged.id)
    assert (refunded.object_kind, refunded.object_id, refunded.payment_id) == ("refund", refund.id, charged.id)
    assert seen["charge.succeeded"].payment_id == charged.id
    assert seen["payment_method.attached"].payment_id is None
    assert (succeeded.live, succeeded.at, succeeded.body["type"]) == (False, now(), "payment_intent.succeeded")
    assert events(till) == []


def test_a_webhook_is_read_only_when_stripe_signed_it_within_five_minutes(till: Till) -> None:
    till.charge(1000)
    _, body, good = till.stripe.due_webhooks()[0]
    text = body.decode()
    assert till.payments.read_event(*signed(text, age_seconds=290)).kind
    for forged, signature in [
        signed(text, secret="whsec_of_another"), signed(text, age_seconds=302), (body + b" ", good), (body, ""),
        (body, "t=1,v1=é"), (body, "t=,v1="), (body, "nonsense"), (b"\xff\xfe", good),
    ]:
        with pytest.raises(BadSignature, match="bad_signature"):
            till.payments.read_event(forged, signature)


def test_a_webhook_of_the_other_mode_is_refused(till: Till) -> None:
    till.charge(1000)
    event = json.loads(till.stripe.due_webhooks()[0][1])
    with pytest.raises(PaymentsRefused, match="other_mode"):
        till.payments.read_event(*signed(json.dumps(event | {"livemode": True})))
    ours = StripePayments(secret_key="rk_live_of_ours", webhook_secret=SECRET, http_client=till.stripe)
    with pytest.raises(PaymentsRefused, match="other_mode"):
        ours.read_event(*signed(json.dumps(event)))
    assert ours.read_event(*signed(json.dumps(event | {"livemode": True}))).live


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", '{"object": "v2.core.event"}', '{"object": "event", "id": "evt_1"}'])
def test_what_is_signed_and_yet_no_event_is_refused(till: Till, body: str) -> None:
    with pytest.raises(PaymentsRefused, match="not_an_event"):
        till.payments.read_event(*signed(body))


# What reaches nobody.


def test_no_refusal_shows_a_card_a_secret_or_a_person(till: Till, ask: Ask) -> None:
    for go_wrong in (lambda: till.charge(1000, DECLINED), lambda: till.charge(1000, ASKS), lambda: ask(1),
                     lambda: till.payments.read_event(b'{"email": "check@example.com"}', "t=1,v1=2"),
                     lambda: till.payments.capture("pi_nobody", Money(100), once=till.once())):
        with pytest.raises(PaymentTrouble) as trouble:
            go_wrong()
        assert trouble.value.__suppress_context__, "a traceback shows nothing of what Stripe said"
        assert trouble.value.args == (trouble.value.code,)
        assert re.fullmatch(r"[a-z0-9_]+", trouble.value.code)


def test_what_goes_to_stripe_and_comes_back_is_not_logged(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    till.charge(1000)
    with pytest.raises(CardDeclined):
        till.charge(1000, DECLINED)
    assert caplog.text == ""


# How it is put together.


def test_processes_share_one_embedded_stripe_that_begins_when_it_is_asked(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "stripe.sqlite"
    one, other = (embedded_payments(file, clock=now, webhook_secret=SECRET, checkout_base="http://localhost", seed=7)
                  for _ in range(2))
    assert not file.exists()
    bench = Bench(one.payments, SECRET, time.sleep)
    charged = bench.charge(1100)
    assert other.payments.look_at_payment(charged.id) == charged


@pytest.mark.parametrize("keys", [False, True])
def test_the_settings_choose_stripe_or_the_embedded_one(tmp_path: Path, keys: bool) -> None:
    stripes = {"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
    built = build_adapters(settings_for(tmp_path, "") | (stripes if keys else {}))
    assert (built.stripe is None) is keys
    assert isinstance(built.payments, StripePayments)
    assert not built.payments.live
    if built.stripe is None:
        return
    till = Till(built.payments, "", time.sleep, stripe=built.stripe)
    till.charge(900)
    assert {event.kind for event in events(till)} >= {"payment_intent.succeeded"}, "both sides know the secret of the webhooks"
    assert till.page().url.startswith("http://localhost/demo/checkout/cs_test_")
