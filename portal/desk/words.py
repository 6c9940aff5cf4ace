"""What the desk calls things: accounts, codes, states and reasons."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.billing import words
from portal.billing.adjustments.models import AdjustmentKind, AdjustmentState
from portal.billing.disputes.models import Outcome
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.notices.models import NoticeKind, NoticeState
from portal.billing.payments.models import Calling, Purpose, RefundState, State
from portal.billing.words import PriceLine, Why, card_name
from portal.web import say

ACCOUNTS: dict[str, Any] = {
    Account.RECEIVABLE: _l("Owed by payers"), Account.MEMBER_CREDIT: _l("Credit of payers"), Account.DRIVING: _l("Driving"),
    Account.COVER: _l("Damage cover"), Account.FEES: _l("Fees"),
    Account.MEMBERSHIP: _l("Memberships"), Account.TAX: _l("Taxes"),
    Account.PASSED_ON: _l("Tolls and tickets passed on"), Account.FUEL: _l("Fuel and charging"),
    Account.GOODWILL: _l("Goodwill"),
    Account.PROMOTION: _l("Promotions"), Account.PROCESSOR: _l("At the processor"),
    Account.PROCESSOR_FEES: _l("Processor’s fees"),
    Account.BANK: _l("Bank"), Account.CHARGED_BACK: _l("Charged back"), Account.LOSS: _l("Lost chargebacks"),
    Account.OPENING: _l("Before this ledger"),
}
ORIGINS: dict[str, Any] = {
    Origin.QUOTE: _l("Quote"), Origin.AFTER: _l("After the trip"), Origin.MEMBERSHIP: _l("Membership"),
    Origin.NOTICE: _l("Passed on"), Origin.CREDIT: _l("Credit"), Origin.PAYMENT: _l("Payment"), Origin.REFUND: _l("Refund"),
    Origin.CORRECTION: _l("Given back"), Origin.BOOKS: _l("Our books"),
}
WHYS: dict[str, Any] = {
    "goodwill": _l("Goodwill"), "our_mistake": _l("Our mistake"), "car_fault": _l("The car was at fault"),
    "dispute": _l("The member disputed it"),
}
PAYMENT_STATES: dict[str, Any] = {
    State.WANTED: _l("Asked for"), State.CONFIRM: _l("Waits for the member"), State.HELD: _l("Held"),
    State.CAPTURED: _l("Taken"), State.RELEASED: _l("Let go"), State.DECLINED: _l("Declined"),
}
PURPOSES: dict[str, Any] = {Purpose.TRIP: _l("Trip"), Purpose.BALANCE: _l("Balance")}
REFUND_STATES: dict[str, Any] = {
    RefundState.WANTED: _l("Asked for"), RefundState.PENDING: _l("On its way"), RefundState.DONE: _l("Arrived"),
    RefundState.FAILED: _l("Failed"),
}
CALLINGS: dict[str, Any] = {
    Calling.HOLD: _l("Hold"), Calling.CHARGE: _l("Charge"), Calling.CAPTURE: _l("Take what is held"),
    Calling.RELEASE: _l("Let a hold go"), Calling.REFUND: _l("Refund"), Calling.OPEN_PAGE: _l("Open a page"),
    Calling.LOOK_AT_PAGE: _l("Look at a page"), Calling.FORGET_CARD: _l("Forget a card"),
    Calling.ANSWER_CHARGEBACK: _l("Hand in evidence"),
}
OUTCOMES: dict[str, Any] = {
    Outcome.GIVEN_BACK: _l("Given back"), Outcome.PARTLY: _l("Partly given back"), Outcome.STANDS: _l("Stands"),
    Outcome.WITHDRAWN: _l("Withdrawn"),
}
ADJUSTMENT_KINDS: dict[str, Any] = {AdjustmentKind.REFUND: _l("Give back"), AdjustmentKind.GOODWILL: _l("Goodwill credit")}
ADJUSTMENT_STATES: dict[str, Any] = {
    AdjustmentState.WAITING: _l("Waits for a second person"), AdjustmentState.GIVEN: _l("Given"),
    AdjustmentState.TURNED_DOWN: _l("Turned down"),
}
NOTICE_KINDS: dict[str, Any] = {
    NoticeKind.TOLL: _l("Toll"), NoticeKind.TICKET: _l("Ticket"), NoticeKind.CLEANING: _l("Cleaning")}
NOTICE_STATES: dict[str, Any] = {
    NoticeState.OPEN: _l("Can be answered"), NoticeState.ACCEPTED: _l("Agreed"), NoticeState.CONTESTED: _l("Contested"),
    NoticeState.CHARGED: _l("Charged"), NoticeState.DROPPED: _l("Dropped"),
}
CHARGEBACK_STATES: dict[str, Any] = {
    "needs_response": _l("Needs our answer"), "under_review": _l("With the bank"), "won": _l("Won"), "lost": _l("Lost")}
MOVEMENT_KINDS: dict[str, Any] = {
    "charge": _l("Payment"), "refund": _l("Refund"), "refund_failure": _l("Refund came back"), "dispute": _l("Chargeback"),
    "dispute_reversal": _l("Chargeback won"), "payout": _l("Payout to our bank"), "other": _l("Other"),
}
ACTORS: dict[str, Any] = {"member": _l("Member"), "staff": _l("Staff"), "system": _l("By itself")}
CHECKS: dict[str, Any] = {
    "what a payer owes": _l("What a payer owes"), "what credit a payer has": _l("What credit a payer has"),
    "what is left of a grant": _l("What is left of a grant of credit"), "what a payment took": _l("What a payment took"),
    "what a payment gave back": _l("What a payment gave back"), "what a trip cost": _l("What a trip cost"),
}


def line_words(line: PriceLine) -> str:
    """What a row of the ledger is, in the words that its payer reads."""
    try:
        return words.label(line)
    except KeyError:  # one odd row must not close a whole list to finance
        return line.code.replace("_", " ")


def explained(line: LedgerRow, zone: ZoneInfo) -> Why | None:
    """The payer's answer to "why was I charged?"; none for rows that nobody is charged by."""
    try:
        return words.why(line, zone) if words.has_words(line.code) else None
    except KeyError:
        return None


def facts_of(line: LedgerRow) -> list[tuple[str, str]]:
    """A row's facts by name, as they stand; instants by the city's clock."""
    return [(name.replace("_", " "), say.moment(at, year=True) if (at := say.parsed(str(value))) else str(value))
            for name, value in line.facts.items()]


def card_words(brand: str | None, last_four: str | None) -> str:
    """A card by its brand and last four digits; nothing without one."""
    return card_name(brand or _("card"), last_four) if last_four else ""
