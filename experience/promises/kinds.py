"""Every kind of promise, declared once: its step, its words, its unit, its remedy, and what the clock alone decides."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from experience.journey import Step


class State(StrEnum):
    """Where a promise stands. The last three are final."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WAIVED = "waived"


class Outcome(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    WAIVED = "waived"


class Cause(StrEnum):
    """Why a promise was broken, or is not counted."""

    OTHER_MEMBER = "other_member"  # the driver before: late, with an empty tank, or a dirty car
    OUT_OF_SERVICE = "out_of_service"  # we had taken the car out
    ELSEWHERE = "elsewhere"  # it stood elsewhere, and nobody's trip had left it there
    OUR_WORK = "our_work"  # in our hands last, and handed over like this
    BLOCKED = "blocked"  # somebody else stood in the bay
    CAR = "car"  # it was silent or refused
    MAIL = "mail"  # our letter was late
    STAFF = "staff"  # our people were late
    PROCESSOR = "processor"  # the bank or the card company was late
    BILLING = "billing"  # our bill was wrong
    ESTIMATE = "estimate"  # what we reckoned before did not hold
    MEMBER = "member"  # by the member's own doing
    CANCELLED = "cancelled"
    CHANGED = "changed"  # the booking was changed: what is promised since then is a promise of its own
    NO_SHOW = "no_show"
    NOT_NEEDED = "not_needed"  # it never came to it
    NO_EVIDENCE = "no_evidence"  # nobody and nothing saw it: not counted as kept


CAUSES: dict[Cause, Any] = {
    Cause.OTHER_MEMBER: _l("the driver before you"),
    Cause.OUT_OF_SERVICE: _l("we had taken the car out of service"),
    Cause.ELSEWHERE: _l("the car stood elsewhere"),
    Cause.OUR_WORK: _l("we handed the car over like this"),
    Cause.BLOCKED: _l("somebody else stood in the bay"),
    Cause.CAR: _l("the car did not answer"),
    Cause.MAIL: _l("our message was late"),
    Cause.STAFF: _l("we were too slow"),
    Cause.PROCESSOR: _l("the bank or card company was late"),
    Cause.BILLING: _l("our bill was wrong"),
    Cause.ESTIMATE: _l("our estimate did not hold"),
    Cause.MEMBER: _l("changed on your side"),
    Cause.CANCELLED: _l("the trip was cancelled"),
    Cause.CHANGED: _l("the booking was changed, and this was promised anew"),
    Cause.NO_SHOW: _l("the trip was not taken"),
    Cause.NOT_NEEDED: _l("it was not needed"),
    Cause.NO_EVIDENCE: _l("nothing shows whether we kept it"),
}


class PromiseKind(StrEnum):
    """The kinds by their names in the ledger. `KINDS[kind]` has what is declared of each."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CANCEL_FEE = "cancel_fee"
    TOLD_FREE = "told_free"
    CAR_THERE = "car_there"
    UNLOCK = "unlock"
    ENERGY = "energy"
    CLEAN = "clean"
    FEATURES = "features"
    BAY_FREE = "bay_free"
    RECEIPT = "receipt"
    PRICE = "price"
    CHARGED_ONCE = "charged_once"
    REFUND = "refund"
    DISPUTE = "dispute"
    ANSWER = "answer"
    DECISION = "decision"
    ESTIMATE = "estimate"
    RENEWAL = "renewal"
    DATA = "data"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Declared:
    """One kind of promise.

    `broken_when_late` is the cause when nothing is heard by its date: such a promise the clock alone breaks, after
    `patience`. The others wait for evidence. `remedy` names the published remedy (portal/billing/remedies). A
    promise that is `severe` opens a case when it breaks.
    """

    step: Step
    says: Any
    unit: str | None = None
    expected: float | None = None
    remedy: str | None = None
    broken_when_late: Cause | None = None
    patience: timedelta = timedelta(0)
    severe: bool = False


K = PromiseKind
KINDS: dict[PromiseKind, Declared] = {
    K.CONFIRMATION: Declared(Step.BOOK_CONFIRMATION, _l("The confirmation is with you within 60 seconds"), "s", 60,
                             broken_when_late=Cause.MAIL, patience=timedelta(hours=1)),
    K.REMINDER: Declared(Step.BOOK_REMINDER, _l("We remind you before the trip begins, with the way to the bay"), "min", 0,
                         broken_when_late=Cause.MAIL, patience=timedelta(hours=1)),
    K.CANCEL_FEE: Declared(Step.BOOK_CANCEL, _l("Cancelling costs what we showed, never more"), "cents"),
    K.TOLD_FREE: Declared(Step.BOOK_WAITLIST, _l("You hear within 60 seconds when a car that you wait for frees up"), "s", 60),
    K.CAR_THERE: Declared(Step.PICKUP_ARRIVE, _l("The car is in its bay, ready to drive, when your time begins"), "min", 0,
                          remedy="car_there", severe=True),
    K.UNLOCK: Declared(Step.PICKUP_UNLOCK, _l("The car opens within five minutes of your asking"), "s", 300,
                       remedy="unlock", severe=True),
    K.ENERGY: Declared(Step.PICKUP_ENERGY, _l("A quarter tank or charge, or more, when you pick it up"), "%", 25,
                       remedy="energy"),
    K.CLEAN: Declared(Step.PICKUP_CHECK, _l("The car is clean: 4 of 5 or better"), "of 5", 4, remedy="clean"),
    K.FEATURES: Declared(Step.FIND_CAR, _l("The car has everything that its page shows")),
    K.BAY_FREE: Declared(Step.RETURN_BAY, _l("Your bay is free when you come back")),
    K.RECEIPT: Declared(Step.RETURN_RECEIPT, _l("The receipt is with you within 15 minutes of the end"), "s", 900),
    K.PRICE: Declared(Step.PAY_BILL, _l("The bill is the price we showed, and what you changed yourself"), "cents",
                     severe=True),
    K.CHARGED_ONCE: Declared(Step.PAY_PAYMENT, _l("You are charged once"), "cents", severe=True),
    K.REFUND: Declared(Step.PAY_REFUND, _l("Money we owe you is on its way back to your card within 5 days"), "days", 5,
                       broken_when_late=Cause.PROCESSOR),
    K.DISPUTE: Declared(Step.PAY_DISPUTE, _l("A line you dispute is decided within 3 days"), "days", 3,
                        broken_when_late=Cause.STAFF),
    K.ANSWER: Declared(Step.HELP_CONTACT, _l("A person answers you by the time we name"), "min", 240, remedy="answer",
                       broken_when_late=Cause.STAFF),
    K.DECISION: Declared(Step.JOIN_DECISION, _l("Your application is decided within 24 hours, and you hear why"), "min", 1440,
                         broken_when_late=Cause.STAFF),
    K.ESTIMATE: Declared(Step.LEARN_ESTIMATE, _l("Your first three bills come within a tenth of our estimate, if you drive as "
                                                 "you said"), "cents"),
    K.RENEWAL: Declared(Step.STAY_RENEWAL, _l("You hear 30 days or more before your licence ends"), "days", 30,
                        broken_when_late=Cause.MAIL),
    K.DATA: Declared(Step.MANAGE_EXPORT_ERASE, _l("Your data is packed, or erased, within 30 days of your asking"), "days", 30,
                     broken_when_late=Cause.STAFF),
    K.BY_HAND: Declared(Step.HELP_RESOLVE, _l("What one of us promised you in person"),
                        broken_when_late=Cause.STAFF, patience=timedelta(days=3)),
}
