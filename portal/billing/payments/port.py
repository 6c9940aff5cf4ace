"""The payments port: what we ask of whoever moves money on cards, in our words. Amounts are Money, times aware UTC.

Whatever moves money demands `once`: the same `once` with the same arguments acts once and answers the same again, for a
day at least (Stripe's idempotency keys live 24 hours). After that, `find()` says what became of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.money import Money


class PaymentTrouble(Exception):
    """What can go wrong at the processor. `code` is a short word for logs; it carries no card number and no secret."""

    def __init__(self, code: str, *, payment_id: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.payment_id = payment_id


class CardDeclined(PaymentTrouble):
    """The bank said no. `code` is its reason: insufficient_funds, lost_card, expired_card, generic_decline and so on."""


class NeedsConfirmation(PaymentTrouble):
    """The bank wants to see its customer (3-D Secure), who is not here: `payment_id` waits for a link to be followed."""


class PaymentsRefused(PaymentTrouble):
    """The processor does not take what we asked: it is wrong, or too late for it. Asking again changes nothing."""


class PaymentsDown(PaymentTrouble):
    """No answer, or none that says what happened: it may have happened. Ask again with the same `once`, or find()."""


class BadSignature(PaymentTrouble):
    """A webhook that the processor did not sign, or signed longer than 300 seconds ago."""


class PaymentState(StrEnum):
    """What has become of a payment at the processor."""

    HELD = "held"  # authorised, to be captured
    CAPTURED = "captured"  # the money is ours, all or a part of what was held
    RELEASED = "released"  # cancelled, or the hold ran out
    CONFIRM = "confirm"  # waits for the member at their bank
    DECLINED = "declined"  # waits for another card
    PROCESSING = "processing"  # not decided yet


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card as the processor shows it: never its number."""

    id: str
    brand: str
    last_four: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """A payment as it stands at the processor. `captured` and `refunded` are zero or more; `once` is ours, given back."""

    id: str
    state: PaymentState
    amount: Money
    captured: Money
    refunded: Money
    card: CardSeen | None
    hold_ends_at: datetime | None
    declined_why: str | None
    once: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund at the processor: `state` is pending, done or failed."""

    id: str
    payment_id: str
    state: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Redirect:
    """A page of the processor's that the member goes to, and until when it is open."""

    id: str
    url: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What became of such a page: `state` is open, complete or expired; `card` after a card set-up, `payment` after paying."""

    id: str
    state: str
    card: CardSeen | None
    payment: PaymentSeen | None


@dataclass(frozen=True, slots=True)
class ChargebackSeen:
    """A cardholder's dispute at the bank. `state`: needs_response, under_review, won or lost. While the bank only asks
    (an inquiry), it takes no money: `takes_money`."""

    id: str
    payment_id: str
    amount: Money
    reason: str
    state: str
    evidence_due_at: datetime | None
    takes_money: bool = True


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the processor's own books. `kind`: charge, refund, refund_failure, dispute, dispute_reversal, payout or
    other; `amount` is signed from our side, `fee` is zero or more, `about` the payment, refund or chargeback behind it."""

    id: str
    kind: str
    amount: Money
    fee: Money
    at: datetime
    about: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook that was verified: what kind, about which object, and its whole text for our records."""

    id: str
    kind: str
    object_id: str
    object_kind: str  # payment_intent, charge, refund, dispute, checkout.session, setup_intent and so on
    payment_id: str | None  # the payment that the object belongs to, where it names one
    at: datetime
    live: bool
    body: dict[str, Any]


class Payments(Protocol):
    """Whoever moves money on cards. Every method may raise PaymentsDown and PaymentsRefused."""

    def open_customer(self, *, reference: str, email: str, name: str, once: str) -> str:
        """Make a customer, with our reference in its metadata, and return its id."""

    def rename_customer(self, customer: str, *, email: str, name: str) -> None:
        """The customer's address and name from now on; the same again changes nothing."""

    def forget_customer(self, customer: str) -> None:
        """Keep neither the person nor their cards any longer; one that is gone already stays gone. Payments stay."""

    def ask_for_card(self, customer: str, *, back_to: str, give_up_to: str, once: str) -> Redirect:
        """A page on which the member gives a card to keep for later charges. Both addresses are ours and absolute."""

    def ask_to_pay(self, customer: str, amount: Money, *, about: str, hold: bool, back_to: str, give_up_to: str,
                   once: str) -> Redirect:
        """A page on which the member pays `amount` (with `hold`: lets it be held) and passes their bank's check. The card
        is kept for later. `about` is what the page says it is for; `once` is on the payment that comes of it."""

    def look_at_page(self, page_id: str) -> PageSeen:
        """What became of a page."""

    def close_page(self, page_id: str) -> None:
        """Nobody may pay there any more; one that is complete or expired stays what it is."""

    def hold(self, customer: str, card: str, amount: Money, *, about: str, once: str) -> PaymentSeen:
        """Hold an amount on a card while its owner is away. Raises CardDeclined and NeedsConfirmation."""

    def charge(self, customer: str, card: str, amount: Money, *, about: str, once: str) -> PaymentSeen:
        """Take an amount from a card while its owner is away. Raises CardDeclined and NeedsConfirmation."""

    def capture(self, payment_id: str, amount: Money, *, once: str) -> PaymentSeen:
        """Take at most what is held; the rest is let go. Raises PaymentsRefused when the hold has run out."""

    def release(self, payment_id: str, *, once: str) -> PaymentSeen:
        """Let a hold go, or give up a payment that waits; one that is released already stays so."""

    def refund(self, payment_id: str, amount: Money, *, once: str) -> RefundSeen:
        """Give back at most what was captured and not yet given back. Raises PaymentsRefused beyond that."""

    def forget_card(self, card: str, *, once: str) -> None:
        """Keep the card no longer; one that is gone already stays gone."""

    def look_at_payment(self, payment_id: str) -> PaymentSeen:
        """A payment as it stands now."""

    def look_at_refund(self, refund_id: str) -> RefundSeen:
        """A refund as it stands now."""

    def look_at_chargeback(self, chargeback_id: str) -> ChargebackSeen:
        """A cardholder's dispute as it stands now."""

    def answer_chargeback(self, chargeback_id: str, evidence: dict[str, str], *, once: str) -> ChargebackSeen:
        """Hand in the evidence (the processor's field names, each at most 20,000 characters; all at most 150,000)."""

    def find(self, customer: str, *, once: str, since: datetime) -> PaymentSeen | None:
        """The payment made under `once` since then, if there is one: for a call whose answer never came."""

    def find_refund(self, payment_id: str, *, once: str) -> RefundSeen | None:
        """The refund of a payment made under `once`, if there is one."""

    def movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        """The processor's books in [since, until), oldest first."""

    def read_event(self, body: bytes, signature: str) -> Event:
        """A webhook, verified. Raises BadSignature, and PaymentsRefused for one of the other mode (test or live)."""
