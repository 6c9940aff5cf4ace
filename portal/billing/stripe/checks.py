"""What the payments port promises, as checks that any Stripe must pass: the embedded one in tests, the real one by command."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

import stripe

from core.money import Money
from portal.billing.payments.port import (
    BadSignature,
    CardDeclined,
    NeedsConfirmation,
    PaymentSeen,
    PaymentsRefused,
    PaymentState,
    PaymentTrouble,
    Redirect,
)
from portal.billing.stripe.errors import asking
from portal.billing.stripe.payments import StripePayments

# Stripe's documented test payment methods: tokens, no numbers.
WORKS = "pm_card_visa"
DECLINED = "pm_card_chargeCustomerFail"  # can be kept, and is declined when it is charged
ASKS = "pm_card_authenticationRequired"  # its bank wants to see the cardholder, whatever was agreed
DISPUTED = "pm_card_createDispute"
BACK, GIVE_UP = "https://cars.example/wallet?from=stripe", "https://cars.example/wallet"
DISPUTE_SECONDS, EVENT_SECONDS = 120, 20  # how long a dispute and an event may take to arrive
SOON = timedelta(minutes=10)

No = TypeVar("No", bound=PaymentTrouble)


class CheckFailed(Exception):
    """Stripe did otherwise than the port promises; the words say what."""


@dataclass(frozen=True)
class Bench:
    """A Stripe to try: the port over it, the secret its webhooks are signed with, and how to let seconds pass there."""

    payments: StripePayments
    webhook_secret: str
    wait: Callable[[float], None]
    run: str = field(default_factory=lambda: secrets.token_hex(6))

    def once(self) -> str:
        """A `once` that nobody has used."""
        return f"check-{self.run}-{secrets.token_hex(6)}"

    def customer(self) -> str:
        once = self.once()
        return self.payments.open_customer(reference=once, email="check@example.com", name="Check", once=once)

    def card(self, customer: str, token: str = WORKS) -> str:
        """A test card, kept for the customer as Stripe documents it: without a page."""
        with asking():
            return self.payments.client.v1.payment_methods.attach(token, {"customer": customer}).id

    def hold(self, cents: int) -> PaymentSeen:
        customer = self.customer()
        return self.payments.hold(customer, self.card(customer), Money(cents), about="A check", once=self.once())

    def charge(self, cents: int, token: str = WORKS) -> PaymentSeen:
        customer = self.customer()
        return self.payments.charge(customer, self.card(customer, token), Money(cents), about="A check", once=self.once())


def expect(held: object, words: str) -> None:
    """Raises CheckFailed with the words unless it held."""
    if not held:
        raise CheckFailed(words)


def expect_no(kind: type[No], ask: Callable[[], object], words: str) -> No:
    """The refusal of this kind that asking ends in. Raises CheckFailed with the words when it ends in an answer."""
    try:
        ask()
    except kind as no:
        return no
    raise CheckFailed(words)


# Customers, cards and pages.


def check_customer(bench: Bench) -> None:
    """A customer is made once; asked for again with the same `once`, it is the same."""
    once = bench.once()
    first, second = (bench.payments.open_customer(reference="m1", email="check@example.com", name="Check", once=once)
                     for _ in range(2))
    expect(first == second, "the same `once` made two customers")
    expect(first != bench.customer(), "another `once` gave the same customer")


def check_renamed_customer(bench: Bench) -> None:
    """A customer's address and name are those told last; one that does not exist is told nothing."""
    customer = bench.customer()
    for _ in range(2):
        bench.payments.rename_customer(customer, email="new@example.com", name="New Name")
    with asking():
        kept = bench.payments.client.v1.customers.retrieve(customer)
    expect((kept.email, kept.name) == ("new@example.com", "New Name"), "a customer kept the address from before")
    expect_no(PaymentsRefused, lambda: bench.payments.rename_customer("cus_nobody", email="new@example.com", name="No"),
              "a customer that does not exist was renamed")


def check_card_page(bench: Bench) -> None:
    """A page for giving a card is open until it is closed, and may be closed again."""
    page = bench.payments.ask_for_card(bench.customer(), back_to=BACK, give_up_to=GIVE_UP, once=bench.once())
    _check_page(bench, page)


def check_pay_page(bench: Bench) -> None:
    """A page for paying is open until it is closed, and may be closed again; nothing was paid there."""
    page = bench.payments.ask_to_pay(bench.customer(), Money(2000), about="A check", hold=False, back_to=BACK,
                                     give_up_to=GIVE_UP, once=bench.once())
    _check_page(bench, page)


def check_hold_page(bench: Bench) -> None:
    """A page for having an amount held is open until it is closed, and may be closed again; nothing is held."""
    page = bench.payments.ask_to_pay(bench.customer(), Money(2000), about="A check", hold=True, back_to=BACK,
                                     give_up_to=GIVE_UP, once=bench.once())
    _check_page(bench, page)


def _check_page(bench: Bench, page: Redirect) -> None:
    expect(page.url.startswith(("https://", "http://")), "the page has no address")
    seen = bench.payments.look_at_page(page.id)
    expect((seen.id, seen.state, seen.card) == (page.id, "open", None), f"a new page is {seen.state}")
    expect(seen.payment is None or seen.payment.captured == Money(0), "a payment was made on a page nobody saw")
    for _ in range(2):
        bench.payments.close_page(page.id)
    expect(bench.payments.look_at_page(page.id).state == "expired", "a closed page is open still")


def check_forgotten_card(bench: Bench) -> None:
    """A card that is forgotten cannot be charged any more, and may be forgotten again."""
    customer = bench.customer()
    card = bench.card(customer)
    for _ in range(2):
        bench.payments.forget_card(card, once=bench.once())
    expect_no(PaymentsRefused, lambda: bench.payments.charge(customer, card, Money(700), about="A check", once=bench.once()),
              "a forgotten card was charged")


def check_forgotten_customer(bench: Bench) -> None:
    """Of a customer who is forgotten nothing says who they were; their cards are gone; and they may be forgotten again."""
    customer = bench.customer()
    card = bench.card(customer)
    for _ in range(2):
        bench.payments.forget_customer(customer)
    with asking():
        kept = bench.payments.client.v1.customers.retrieve(customer).to_dict()
    expect(kept.get("deleted") is True and "email" not in kept and "name" not in kept, "a forgotten customer has a name still")
    expect_no(PaymentsRefused, lambda: bench.payments.charge(customer, card, Money(700), about="A check", once=bench.once()),
              "a forgotten customer was charged")


# Holds.


def check_hold(bench: Bench) -> None:
    """A hold says on which card it is and when it ends, takes nothing, and carries our `once`."""
    customer, once = bench.customer(), bench.once()
    seen = bench.payments.hold(customer, bench.card(customer), Money(5000), about="A check", once=once)
    expect((seen.state, seen.amount, seen.captured) == (PaymentState.HELD, Money(5000), Money(0)), f"the hold is {seen.state}")
    expect(seen.once == once, "the hold does not carry our `once`")
    expect(seen.card is not None and (seen.card.brand, len(seen.card.last_four)) == ("visa", 4), "the hold names no card")
    expect(seen.hold_ends_at is not None and timedelta(days=1) < seen.hold_ends_at - seen.at < timedelta(days=32),
           "the hold does not say when it ends")
    expect(bench.payments.look_at_payment(seen.id) == seen, "looked at again, the hold is another")
    bench.payments.release(seen.id, once=bench.once())


def check_partial_capture(bench: Bench) -> None:
    """A part of a hold is captured, the rest is let go and is no refund; there is no second capture."""
    held = bench.hold(5000)
    seen = bench.payments.capture(held.id, Money(1250), once=bench.once())
    expect((seen.state, seen.captured, seen.refunded) == (PaymentState.CAPTURED, Money(1250), Money(0)),
           f"captured {seen.captured.cents}, refunded {seen.refunded.cents} of a hold of 5000 cents, 1250 of them captured")
    expect(seen.once == held.once, "capturing wrote over the `once` of the hold")
    expect_no(PaymentsRefused, lambda: bench.payments.capture(held.id, Money(100), once=bench.once()), "captured twice")


def check_over_capture(bench: Bench) -> None:
    """More than is held is not captured, and the hold stays as it was."""
    held = bench.hold(5000)
    expect_no(PaymentsRefused, lambda: bench.payments.capture(held.id, Money(5001), once=bench.once()), "captured too much")
    expect(bench.payments.look_at_payment(held.id).state is PaymentState.HELD, "the refused capture ended the hold")
    bench.payments.release(held.id, once=bench.once())


def check_release(bench: Bench) -> None:
    """A hold that is let go stays so when it is let go again, and cannot be captured."""
    held = bench.hold(5000)
    for _ in range(2):
        seen = bench.payments.release(held.id, once=bench.once())
        expect((seen.state, seen.captured, seen.refunded) == (PaymentState.RELEASED, Money(0), Money(0)),
               f"the released hold is {seen.state}")
    expect_no(PaymentsRefused, lambda: bench.payments.capture(held.id, Money(100), once=bench.once()), "captured after release")


def check_release_of_taken_money(bench: Bench) -> None:
    """What was captured cannot be released: it takes a refund."""
    charged = bench.charge(900)
    expect_no(PaymentsRefused, lambda: bench.payments.release(charged.id, once=bench.once()), "a charge was released")


# Charges.


def check_charge(bench: Bench) -> None:
    """A charge takes the amount at once."""
    seen = bench.charge(1999)
    expect((seen.state, seen.amount, seen.captured, seen.refunded, seen.declined_why) ==
           (PaymentState.CAPTURED, Money(1999), Money(1999), Money(0), None), f"the charge is {seen.state}")


def check_once(bench: Bench) -> None:
    """The same `once` charges once and answers the same; with another amount it is refused."""
    customer, once = bench.customer(), bench.once()
    card = bench.card(customer)
    first, second = (bench.payments.charge(customer, card, Money(1500), about="A check", once=once) for _ in range(2))
    expect(first == second, "the same `once` was answered differently")
    no = expect_no(PaymentsRefused, lambda: bench.payments.charge(customer, card, Money(1600), about="A check", once=once),
                   "the same `once` took another amount")
    expect(no.code == "idempotency_error", f"the refusal of a `once` used twice is called {no.code}")


def check_decline(bench: Bench) -> None:
    """A declined card raises CardDeclined with the bank's reason, and the payment waits for another card."""
    no = expect_no(CardDeclined, lambda: bench.charge(1999, DECLINED), "the card was not declined")
    expect(no.code == "generic_decline", f"the bank's reason is {no.code}")
    seen = bench.payments.look_at_payment(_named(no))
    expect((seen.state, seen.captured, seen.declined_why) == (PaymentState.DECLINED, Money(0), "generic_decline"),
           f"the declined payment is {seen.state}, because of {seen.declined_why}")
    expect(seen.card is not None, "the declined payment does not say which card it was")


def check_confirmation(bench: Bench) -> None:
    """A card whose bank wants to see its owner raises NeedsConfirmation; the payment waits, and can be given up."""
    no = expect_no(NeedsConfirmation, lambda: bench.charge(1999, ASKS), "the bank did not ask for its customer")
    seen = bench.payments.look_at_payment(_named(no))
    expect((seen.state, seen.captured) == (PaymentState.CONFIRM, Money(0)), f"the waiting payment is {seen.state}")
    given_up = bench.payments.release(seen.id, once=bench.once())
    expect(given_up.state is PaymentState.RELEASED, f"the payment that was given up is {given_up.state}")


def _named(no: PaymentTrouble) -> str:
    expect(no.payment_id, "the refusal names no payment")
    return no.payment_id or ""


def check_find(bench: Bench) -> None:
    """A payment is found by its `once`, also a declined one; one of another `once`, or of earlier than asked, is not."""
    customer, once, declined = bench.customer(), bench.once(), bench.once()
    bench.payments.charge(customer, bench.card(customer), Money(1100), about="A check", once=bench.once())
    made = bench.payments.charge(customer, bench.card(customer), Money(1200), about="A check", once=once)
    card = bench.card(customer, DECLINED)
    expect_no(CardDeclined, lambda: bench.payments.charge(customer, card, Money(1300), about="A check", once=declined),
              "the card was not declined")
    expect(bench.payments.find(customer, once=once, since=made.at) == made, "the payment was not found by its `once`")
    lost = bench.payments.find(customer, once=declined, since=made.at)
    expect(lost is not None and lost.state is PaymentState.DECLINED, "the declined payment was not found by its `once`")
    expect(bench.payments.find(customer, once=bench.once(), since=made.at) is None, "a payment was found that nobody made")
    expect(bench.payments.find(customer, once=once, since=made.at + SOON) is None, "a payment of before was found")


# Refunds, disputes, the books, webhooks.


def check_refund(bench: Bench) -> None:
    """A part is given back, then the rest, and no more; a refund is found by its `once`."""
    charged, once = bench.charge(3000), bench.once()
    refund = bench.payments.refund(charged.id, Money(1000), once=once)
    expect((refund.payment_id, refund.amount) == (charged.id, Money(1000)), "the refund is of something else")
    expect(refund.state in ("pending", "done"), f"the refund is {refund.state}")
    expect(bench.payments.refund(charged.id, Money(1000), once=once).id == refund.id, "the same `once` refunded twice")
    expect(bench.payments.look_at_refund(refund.id).id == refund.id, "the refund cannot be looked at")
    found = bench.payments.find_refund(charged.id, once=once)
    expect(found is not None and found.id == refund.id, "the refund was not found by its `once`")
    expect(bench.payments.find_refund(charged.id, once=bench.once()) is None, "a refund was found that nobody made")
    expect_no(PaymentsRefused, lambda: bench.payments.refund(charged.id, Money(2001), once=bench.once()), "refunded too much")
    bench.payments.refund(charged.id, Money(2000), once=bench.once())
    seen = bench.payments.look_at_payment(charged.id)
    expect((seen.state, seen.captured, seen.refunded) == (PaymentState.CAPTURED, Money(3000), Money(3000)),
           f"captured {seen.captured.cents}, refunded {seen.refunded.cents} after all of 3000 cents were given back")
    expect_no(PaymentsRefused, lambda: bench.payments.refund(charged.id, Money(100), once=bench.once()), "refunded too much")


def check_refund_after_partial_capture(bench: Bench) -> None:
    """Of a hold that was captured in part, what was captured can be given back and no more."""
    held = bench.hold(5000)
    bench.payments.capture(held.id, Money(2000), once=bench.once())
    expect_no(PaymentsRefused, lambda: bench.payments.refund(held.id, Money(2001), once=bench.once()), "refunded too much")
    bench.payments.refund(held.id, Money(500), once=bench.once())
    seen = bench.payments.look_at_payment(held.id)
    expect(seen.refunded == Money(500), f"refunded {seen.refunded.cents} cents, and 500 were given back")


def check_chargeback(bench: Bench) -> None:
    """A disputed charge is a chargeback with a reason and a date; evidence is taken, and the best of it wins."""
    charged = bench.charge(4000, DISPUTED)
    found = _dispute_of(bench, charged.id)
    seen = bench.payments.look_at_chargeback(found)
    expect((seen.payment_id, seen.amount, seen.state) == (charged.id, Money(4000), "needs_response"),
           f"the chargeback is {seen.state}, of {seen.amount.cents} cents")
    expect(seen.reason and seen.evidence_due_at is not None, "the chargeback does not say why, or until when to answer")
    answered = bench.payments.answer_chargeback(found, {"uncategorized_text": "winning_evidence"}, once=bench.once())
    expect(answered.state in ("under_review", "won"), f"the chargeback that was answered is {answered.state}")


def _dispute_of(bench: Bench, payment_id: str) -> str:
    """The dispute of a payment; it takes a while to arrive."""
    for _ in range(DISPUTE_SECONDS // 5):
        with asking():
            found = bench.payments.client.v1.disputes.list({"payment_intent": payment_id}).data
        if found:
            return found[0].id
        bench.wait(5)
    raise CheckFailed(f"no dispute after {DISPUTE_SECONDS} seconds")


def check_movements(bench: Bench) -> None:
    """The books have a charge with its fee and a refund, oldest first, and say which payment and refund they are about."""
    charged = bench.charge(10_000)
    bench.wait(2)
    refund = bench.payments.refund(charged.id, Money(2500), once=bench.once())
    lines = list(bench.payments.movements(charged.at - SOON, charged.at + SOON))
    ours = [line for line in lines if line.about in (charged.id, refund.id)]
    expect([(line.kind, line.amount, line.about) for line in ours] ==
           [("charge", Money(10_000), charged.id), ("refund", Money(-2500), refund.id)],
           f"the books have {[(line.kind, line.amount.cents) for line in ours]} for a charge of 10000 and a refund of 2500")
    expect(ours[0].fee.cents > 0, "a charge costs no fee")
    expect([line.at for line in lines] == sorted(line.at for line in lines), "the books are not oldest first")
    expect(not any(line.about == charged.id for line in bench.payments.movements(charged.at - 2 * SOON, charged.at - SOON)),
           "the books of before have the charge")


def check_unknown(bench: Bench) -> None:
    """What nobody knows is refused as missing, also an id that cannot be one."""
    look: tuple[Callable[[str], object], ...] = (
        bench.payments.look_at_payment, bench.payments.look_at_refund, bench.payments.look_at_page,
        bench.payments.look_at_chargeback, bench.payments.close_page,
        lambda unknown: bench.payments.capture(unknown, Money(100), once=bench.once()),
        lambda unknown: bench.payments.release(unknown, once=bench.once()),
        lambda unknown: bench.payments.refund(unknown or "nobody", Money(100), once=bench.once()),
    )
    for ask in look:
        for unknown in ("nobody", "", "../customers"):
            no = expect_no(PaymentsRefused, partial(ask, unknown), f"{unknown!r} is known")
            expect(no.code == "resource_missing", f"{unknown!r} is refused as {no.code}")


def check_event(bench: Bench) -> None:
    """An event as Stripe writes it is read when it is signed with our secret, and not when it is signed with another."""
    charged = bench.charge(1234)
    body = json.dumps(_event_of(bench, charged.id).to_dict())
    signed, forged = (stripe.WebhookSignature.generate_signature_header(body, secret)
                      for secret in (bench.webhook_secret, "whsec_somebody_else"))
    event = bench.payments.read_event(body.encode(), signed)
    expect((event.kind, event.object_kind, event.object_id, event.payment_id, event.live) ==
           ("payment_intent.succeeded", "payment_intent", charged.id, charged.id, False), f"the event is read as {event.kind}")
    expect_no(BadSignature, lambda: bench.payments.read_event(body.encode(), forged), "a forged webhook was taken")


def _event_of(bench: Bench, payment_id: str) -> stripe.Event:
    """The event by which Stripe says that a payment succeeded."""
    for _ in range(EVENT_SECONDS):
        with asking():
            made = bench.payments.client.v1.events.list({"type": "payment_intent.succeeded", "limit": 50}).data
        for event in made:
            if getattr(event.data.object, "id", None) == payment_id:
                return event
        bench.wait(1)
    raise CheckFailed(f"no event payment_intent.succeeded {EVENT_SECONDS} seconds after a charge")


CHECKS: tuple[Callable[[Bench], None], ...] = (
    check_customer, check_renamed_customer, check_card_page, check_pay_page, check_hold_page, check_forgotten_card,
    check_forgotten_customer,
    check_hold, check_partial_capture, check_over_capture, check_release, check_release_of_taken_money,
    check_charge, check_once, check_decline, check_confirmation, check_find,
    check_refund, check_refund_after_partial_capture, check_chargeback, check_movements, check_unknown, check_event,
)
