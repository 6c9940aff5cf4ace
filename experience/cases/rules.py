"""What opens a case, declared once: how bad each kind of reason is, and which failures in the event log count."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from experience.cases.models import Rule, Severity
from experience.journey import Phase, Step

SEVERITIES: dict[Rule, Severity] = {
    Rule.DETRACTOR: Severity.SERIOUS, Rule.HARD: Severity.SERIOUS, Rule.FAILED: Severity.SERIOUS,
    Rule.BROKEN_PROMISE: Severity.SEVERE, Rule.PROMISE_OVERDUE: Severity.SEVERE, Rule.HELP: Severity.SERIOUS,
    Rule.NOTE: Severity.MINOR, Rule.HAND: Severity.SERIOUS,
}
WORST_FIRST = (Severity.SEVERE, Severity.SERIOUS, Severity.MINOR)


def worse(one: Severity | str, other: Severity | str) -> Severity:
    """The worse of two."""
    return next(severity for severity in WORST_FIRST if severity in (one, other))


# What a member can put right at once by themselves, and the page says how: no failure of ours.
OWN_DOING = frozenset(
    prefix + code for prefix in ("", "car_") for code in (
        "too_early", "check_first", "trip_over", "time_over", "payment_first", "licence_over", "membership_over",
        "not_driving", "already_returned", "under_way",
        "door_open", "engine_on", "locked", "fields", "authentication_required"))

# What a trip did to another one, written into its own journey: the other member's failure, and counted there.
DONE_TO_OTHERS = "broke_"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that opens a case: `count` events of these steps and phases, on one trip or of one member within a day."""

    name: str
    says: Any
    steps: tuple[Step, ...]
    phases: tuple[Phase, ...]
    count: int
    severity: Severity
    on_trip: bool = True
    codes: frozenset[str] = field(default_factory=frozenset)  # only these, when there are any
    ended_by: tuple[Step, ...] = ()  # a success of these afterwards means that it came right by itself


NOT_DONE = (Phase.FAILED, Phase.REFUSED)
A_DAY = timedelta(hours=24)

FAILURES: tuple[Failure, ...] = (
    Failure("unlock", _l("The car did not open three times"), (Step.PICKUP_UNLOCK,), NOT_DONE, 3, Severity.SEVERE),
    Failure("stop", _l("The car did not lock or open three times on the way"), (Step.DRIVE_LOCK,), NOT_DONE, 3,
            Severity.SEVERE),
    Failure("lock", _l("The car did not lock three times at the return"), (Step.RETURN_LOCK,), NOT_DONE, 3, Severity.SERIOUS),
    Failure("not_there", _l("The car was not there"), (Step.PICKUP_ARRIVE,), NOT_DONE, 1, Severity.SEVERE),
    Failure("still_out", _l("The driver before was still out with the car"), (Step.PICKUP_UNLOCK, Step.PICKUP_IDENTIFY),
            (Phase.REFUSED,), 1, Severity.SEVERE, codes=frozenset({"still_out", "car_still_out"})),
    Failure("refuel", _l("Refuelling did not work twice"), (Step.DRIVE_REFUEL,), NOT_DONE, 2, Severity.SERIOUS),
    Failure("charge", _l("A charge failed twice"), (Step.PAY_PAYMENT,), NOT_DONE, 2, Severity.SERIOUS),
    Failure("refund", _l("A refund failed"), (Step.PAY_REFUND,), (Phase.FAILED,), 1, Severity.SERIOUS),
    Failure("late_chain", _l("No other car was found in time"), (Step.RETURN_LATE_CHAIN,), NOT_DONE, 1, Severity.SEVERE),
    Failure("booking", _l("Booking did not work three times in a day"), (Step.BOOK_CONFIRM,), NOT_DONE, 3, Severity.SERIOUS,
            on_trip=False, ended_by=(Step.BOOK_CONFIRM,)),
    Failure("left_booking", _l("Left the booking twice in a day"), (Step.BOOK_CONFIRM,), (Phase.ABANDONED,), 2,
            Severity.MINOR, on_trip=False, ended_by=(Step.BOOK_CONFIRM,)),
    Failure("left_joining", _l("Gave up joining twice in a day"),
            (Step.JOIN_APPLY, Step.JOIN_LICENCE, Step.JOIN_PAYMENT_METHOD), (Phase.ABANDONED,), 2, Severity.MINOR,
            on_trip=False, ended_by=(Step.JOIN_APPLY, Step.JOIN_LICENCE, Step.JOIN_PAYMENT_METHOD)),
)
