"""Every stage and step of a member's life with us, declared once: channel, promise, evidence, ask and facts."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class Stage(StrEnum):
    LEARN = "learn"
    JOIN = "join"
    FIND = "find"
    BOOK = "book"
    PICKUP = "pickup"
    DRIVE = "drive"
    RETURN = "return"
    PAY = "pay"
    HELP = "help"
    MANAGE = "manage"
    STAY = "stay"
    LEAVE = "leave"


class Ask(StrEnum):
    """What a member may be asked after a step; NONE means that we only look at what happened."""

    NONE = "none"
    EASE = "ease"  # 1-7, "made it easy to …"
    SATISFACTION = "satisfaction"  # 1-5
    EXPECTATION = "expectation"  # 1-5, against what was expected
    RECOMMEND = "recommend"  # 0-10
    VERIFY = "verify"  # one tap, yes or no


class Phase(StrEnum):
    """What became of a step."""

    ENTERED = "entered"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    ABANDONED = "abandoned"
    UNDONE = "undone"


# Facts that any step may carry; a step's own facts are declared beside it. Ids and numbers only, never words.
COMMON_FACTS = frozenset({"car_id", "car_class", "lot_id", "plan", "fields", "status", "source", "medium", "campaign"})


@dataclass(frozen=True, slots=True)
class Declared:
    """One step: where it happens, what is promised, how we know, what may be asked, when it counts as abandoned."""

    stage: Stage
    channel: str
    label: Any
    promise: str
    known_from: str
    ask: Ask = Ask.NONE
    facts: frozenset[str] = field(default_factory=frozenset)
    limit: timedelta = timedelta(minutes=30)

    @property
    def allowed_facts(self) -> frozenset[str]:
        return COMMON_FACTS | self.facts


def _step(stage: Stage, channel: str, label: Any, promise: str, known_from: str, ask: Ask = Ask.NONE,
          facts: str = "", limit_minutes: int = 30) -> Declared:
    return Declared(stage, channel, label, promise, known_from, ask, frozenset(facts.split()),
                    timedelta(minutes=limit_minutes))


class Step(StrEnum):
    """The steps by their names in the event log. `STEPS[step]` has what is declared of each."""

    LEARN_HOME = "learn.home"
    LEARN_ESTIMATE = "learn.estimate"
    LEARN_COVERAGE = "learn.coverage"
    JOIN_APPLY = "join.apply"
    JOIN_LICENCE = "join.licence"
    JOIN_PLAN = "join.plan"
    JOIN_PAYMENT_METHOD = "join.payment_method"
    JOIN_DECISION = "join.decision"
    JOIN_ACTIVATE = "join.activate"
    FIND_SEARCH = "find.search"
    FIND_CAR = "find.car"
    FIND_AVAILABILITY = "find.availability"
    FIND_QUOTE = "find.quote"
    BOOK_CONFIRM = "book.confirm"
    BOOK_CONFIRMATION = "book.confirmation"
    BOOK_REMINDER = "book.reminder"
    BOOK_CHANGE = "book.change"
    BOOK_CANCEL = "book.cancel"
    BOOK_WAITLIST = "book.waitlist"
    PICKUP_ARRIVE = "pickup.arrive"
    PICKUP_IDENTIFY = "pickup.identify"
    PICKUP_UNLOCK = "pickup.unlock"
    PICKUP_CHECK = "pickup.check"
    PICKUP_ENERGY = "pickup.energy"
    PICKUP_DRIVE_AWAY = "pickup.drive_away"
    DRIVE_LOCK = "drive.lock"
    DRIVE_REFUEL = "drive.refuel"
    DRIVE_EXTEND = "drive.extend"
    DRIVE_INCIDENT = "drive.incident"
    DRIVE_TOLL = "drive.toll"
    RETURN_BAY = "return.bay"
    RETURN_CHECKLIST = "return.checklist"
    RETURN_LOCK = "return.lock"
    RETURN_LATE_CHAIN = "return.late_chain"
    RETURN_RECEIPT = "return.receipt"
    PAY_BILL = "pay.bill"
    PAY_PAYMENT = "pay.payment"
    PAY_DISPUTE = "pay.dispute"
    PAY_REFUND = "pay.refund"
    HELP_CONTACT = "help.contact"
    HELP_CLAIM = "help.claim"
    HELP_RESOLVE = "help.resolve"
    HELP_RECOVERY = "help.recovery"
    MANAGE_SIGN_IN = "manage.sign_in"
    MANAGE_DETAILS = "manage.details"
    MANAGE_HISTORY = "manage.history"
    MANAGE_CONTACT_CHOICES = "manage.contact_choices"
    MANAGE_EXPORT_ERASE = "manage.export_erase"
    STAY_RENEWAL = "stay.renewal"
    STAY_PULSE = "stay.pulse"
    STAY_PAUSE = "stay.pause"
    LEAVE_CLOSE = "leave.close"
    LEAVE_REJOIN = "leave.rejoin"


S, A = Stage, Ask
STEPS: dict[Step, Declared] = {
    Step.LEARN_HOME: _step(S.LEARN, "web", _l("See the home page"), "largest paint within 2.5 s (p75)", "beacon"),
    Step.LEARN_ESTIMATE: _step(S.LEARN, "web", _l("Estimate a bill"), "within 10 % of the first three bills",
                               "ledger", A.EXPECTATION, facts="trips_band dollars_band sharing_cheaper"),
    Step.LEARN_COVERAGE: _step(S.LEARN, "web", _l("See where cars are"), "shown lots are in service", "fleet"),
    Step.JOIN_APPLY: _step(S.JOIN, "web", _l("Apply"), "5 minutes or less", "step time"),
    Step.JOIN_LICENCE: _step(S.JOIN, "web", _l("Show a licence"), "accepted first time", "attempts", A.EASE),
    Step.JOIN_PLAN: _step(S.JOIN, "web", _l("Choose a plan"), "every fee shown", "price snapshot",
                          facts="fee_cents"),
    Step.JOIN_PAYMENT_METHOD: _step(S.JOIN, "web", _l("Add a card"), "charge equals what was shown", "ledger"),
    Step.JOIN_DECISION: _step(S.JOIN, "mail", _l("Get a decision"), "within 24 h, with the reason", "clock",
                              A.EXPECTATION, limit_minutes=3 * 24 * 60),
    Step.JOIN_ACTIVATE: _step(S.JOIN, "web", _l("Start as a member"), "can book at once", "first quote", A.EASE,
                              limit_minutes=14 * 24 * 60),
    Step.FIND_SEARCH: _step(S.FIND, "web", _l("Search for a car"), "under 1 s, at least one car", "request log",
                            facts="found free almost taken radius_m confidence outside view"),
    Step.FIND_CAR: _step(S.FIND, "web", _l("Look at a car"), "features are true", "pick-up reports", A.VERIFY),
    Step.FIND_AVAILABILITY: _step(S.FIND, "web", _l("See when it is free"), "shown free is bookable",
                                  "refused confirmations"),
    Step.FIND_QUOTE: _step(S.FIND, "web", _l("See the price"), "itemised and frozen", "promises minted here",
                           facts="price_cents minutes"),
    Step.BOOK_CONFIRM: _step(S.BOOK, "web", _l("Book"), "under 2 s, never double-booked", "constraint",
                             facts="price_cents minutes lead_minutes waiver"),
    Step.BOOK_CONFIRMATION: _step(S.BOOK, "mail", _l("Get the confirmation"), "within 60 s", "outbox"),
    Step.BOOK_REMINDER: _step(S.BOOK, "mail", _l("Be reminded"), "before start, with the way to the bay", "outbox"),
    Step.BOOK_CHANGE: _step(S.BOOK, "web", _l("Change a booking"), "answer and price difference at once", "request",
                            A.EASE, facts="price_cents difference_cents minutes change"),
    Step.BOOK_CANCEL: _step(S.BOOK, "web", _l("Cancel a booking"), "fee equals fee shown", "ledger", A.EXPECTATION,
                            facts="fee_cents lead_minutes"),
    Step.BOOK_WAITLIST: _step(S.BOOK, "web", _l("Wait for a car"), "told within 60 s of a car freeing up", "outbox"),
    Step.PICKUP_ARRIVE: _step(S.PICKUP, "street", _l("Arrive at the car"), "car in its bay at start time",
                              "telematics, previous return", A.VERIFY, facts="distance_m"),
    Step.PICKUP_IDENTIFY: _step(S.PICKUP, "street", _l("Recognise the car"),
                                "plate, colour, name match; lights flash within 10 s", "command to answer",
                                facts="action reason"),
    Step.PICKUP_UNLOCK: _step(S.PICKUP, "web", _l("Unlock"), "within 10 s (p95)", "command to answer",
                              facts="action reason"),
    Step.PICKUP_CHECK: _step(S.PICKUP, "web", _l("Check its condition"), "clean 4/5 or better, damage list true",
                             "report difference", A.SATISFACTION, facts="cleanliness marks view"),
    Step.PICKUP_ENERGY: _step(S.PICKUP, "car", _l("Find it fuelled"), "a quarter tank or charge", "sensor",
                              facts="energy_percent"),
    Step.PICKUP_DRIVE_AWAY: _step(S.PICKUP, "car", _l("Drive away"), "within 5 min of arrival", "events"),
    Step.DRIVE_LOCK: _step(S.DRIVE, "web", _l("Lock and unlock on the way"), "within 10 s", "answer", facts="action reason"),
    Step.DRIVE_REFUEL: _step(S.DRIVE, "card", _l("Refuel"), "works first time", "card events", A.EASE,
                             facts="amount_cents volume_milligallons energy_percent paid_by"),
    Step.DRIVE_EXTEND: _step(S.DRIVE, "web", _l("Extend the trip"), "answer within 30 s, price shown", "request",
                             facts="price_cents difference_cents minutes change"),
    Step.DRIVE_INCIDENT: _step(S.DRIVE, "web", _l("Report an incident"),
                               "answered within 60 s, owner and next date named", "case clock", A.EASE),
    Step.DRIVE_TOLL: _step(S.DRIVE, "car", _l("Pass a toll"), "passed on at cost", "ledger", facts="cost amount_cents",
                           limit_minutes=14 * 24 * 60),
    Step.RETURN_BAY: _step(S.RETURN, "street", _l("Bring it to its bay"), "bay free", "report", A.VERIFY, facts="distance_m"),
    Step.RETURN_CHECKLIST: _step(S.RETURN, "web", _l("Return"), "60 s or less", "step time",
                                 facts="late_minutes miles energy_percent"),
    Step.RETURN_LOCK: _step(S.RETURN, "web", _l("Lock at the end"), "within 10 s", "answer", facts="action reason"),
    Step.RETURN_LATE_CHAIN: _step(S.RETURN, "push", _l("Hear of a late car"), "re-homed within 10 min", "ledger",
                                  A.SATISFACTION),
    Step.RETURN_RECEIPT: _step(S.RETURN, "mail", _l("Get the receipt"), "within 15 min", "outbox", A.EXPECTATION),
    Step.PAY_BILL: _step(S.PAY, "web", _l("Read the bill"), "bill is quote plus what the member caused",
                         "line difference", A.EXPECTATION, facts="quoted_cents billed_cents"),
    Step.PAY_PAYMENT: _step(S.PAY, "web", _l("Pay"), "charged once", "ledger", facts="amount_cents held"),
    Step.PAY_DISPUTE: _step(S.PAY, "web", _l("Dispute a line"), "decided within 3 days", "case clock", A.EASE,
                             facts="amount_cents", limit_minutes=14 * 24 * 60),
    Step.PAY_REFUND: _step(S.PAY, "web", _l("Get a refund"), "within 5 days", "ledger", facts="amount_cents"),
    Step.HELP_CONTACT: _step(S.HELP, "web", _l("Ask for help"), "within 4 h by mail", "queue", facts="about mood kind found"),
    Step.HELP_CLAIM: _step(S.HELP, "web", _l("Follow a claim"), "answered within 24 h", "case clock", A.EXPECTATION),
    Step.HELP_RESOLVE: _step(S.HELP, "any", _l("Have it solved"), "first contact", "reopen rate", A.EASE,
                             facts="kind contacts reopened"),
    Step.HELP_RECOVERY: _step(S.HELP, "web", _l("Be made whole"), "credit the same day", "ledger", A.SATISFACTION,
                              facts="amount_cents"),
    Step.MANAGE_SIGN_IN: _step(S.MANAGE, "web", _l("Sign in or out"), "first time right, safe everywhere", "request",
                               facts="remembered"),
    Step.MANAGE_DETAILS: _step(S.MANAGE, "web", _l("Change details"), "effective at once", "next use"),
    Step.MANAGE_HISTORY: _step(S.MANAGE, "web", _l("Look at past trips"), "complete", "reconciliation"),
    Step.MANAGE_CONTACT_CHOICES: _step(S.MANAGE, "web", _l("Choose how we write"), "nothing sent outside them",
                                       "outbox audit"),
    Step.MANAGE_EXPORT_ERASE: _step(S.MANAGE, "web", _l("Take or erase data"), "within 30 days", "case clock"),
    Step.STAY_RENEWAL: _step(S.STAY, "mail", _l("Renew"), "30 days ahead or more", "outbox"),
    Step.STAY_PULSE: _step(S.STAY, "mail", _l("Tell us how it goes"), "we say what changed", "digest", A.RECOMMEND,
                           facts="about metric score changed means hope heard"),
    Step.STAY_PAUSE: _step(S.STAY, "web", _l("Pause"), "at once, 3 clicks or fewer", "path length", A.EASE),
    Step.LEAVE_CLOSE: _step(S.LEAVE, "web", _l("Leave"), "3 clicks or fewer, nothing hidden", "path length"),
    Step.LEAVE_REJOIN: _step(S.LEAVE, "web", _l("Come back"), "history restored", "state", A.EXPECTATION, facts="means"),
}

STAGE_LABELS: dict[Stage, Any] = {
    S.LEARN: _l("Find out"), S.JOIN: _l("Join"), S.FIND: _l("Find a car"), S.BOOK: _l("Book"),
    S.PICKUP: _l("Pick up"), S.DRIVE: _l("Drive"), S.RETURN: _l("Return"), S.PAY: _l("Pay"),
    S.HELP: _l("Get help"), S.MANAGE: _l("Manage the account"), S.STAY: _l("Stay"), S.LEAVE: _l("Leave"),
}

PHASE_LABELS: dict[Phase, Any] = {
    Phase.ENTERED: _l("Entered"), Phase.SUCCEEDED: _l("Succeeded"), Phase.REFUSED: _l("Refused"),
    Phase.FAILED: _l("Failed"), Phase.ABANDONED: _l("Abandoned"), Phase.UNDONE: _l("Undone"),
}


def steps_of(stage: Stage) -> list[Step]:
    """The steps of a stage in the order of the journey."""
    return [step for step, declared in STEPS.items() if declared.stage is stage]
