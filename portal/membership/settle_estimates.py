"""What the estimator told somebody before they joined, held against their first three bills.

Kept when the bills come to what was said within the policy `estimate_within` (percent). An estimate is of so many trips of such
a length: whoever drives otherwise, by more than that, had another bill by their own doing, and nothing is said of our sum.
"""

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from core.database import db, transaction
from core.outbox import post
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.models import Promise
from experience.promises.queries import Overdue
from experience.promises.settle import settle_one
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from portal.billing.membership.months import month_begin
from portal.billing.statements.queries import payer_of_pages
from portal.billing.statements.worth import paid_since
from portal.signup.estimate import BILLS
from portal.signup.models import Application
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation, Status

AT_ONCE = 100


def settle_estimates(now: datetime) -> int:
    """Settle those whose third bill is written; how many there were."""
    due = db.session.scalars(Overdue(now, (PromiseKind.ESTIMATE,)).select().limit(AT_ONCE)).all()
    for promise in due:
        _settle(promise, now)
    return len(due)


def _settle(promise: Promise, now: datetime) -> None:
    assert promise.due_at is not None  # each has one: the day after its third month
    application = db.session.get(Application, UUID(str(promise.subject).removeprefix("estimate:")))
    if application is None:  # its member was erased: nobody is there to whom it was said
        settle_one(promise_id=promise.id, outcome=Outcome.WAIVED, at=now, cause=Cause.MEMBER, evidence={})
        return
    since, payer = month_begin(promise.due_at, CITY_ZONE, -BILLS), payer_of_pages(promise.member_id)
    bill = Fraction(paid_since(payer.id, since, promise.due_at).cents, BILLS)
    trips = _driven(promise.member_id, since, promise.due_at)
    slack = Fraction(policies_at(promise.minted_at)["estimate_within"].value, 100)
    asked = ((len(trips), application.estimate_trips), (sum(trips), application.estimate_minutes))
    as_said = all(_is_near(Fraction(found, BILLS), said or 0, slack) for found, said in asked)
    near = _is_near(bill, application.estimate_cents or 0, slack)
    outcome = (Outcome.KEPT if near else Outcome.BROKEN) if as_said else Outcome.WAIVED
    with transaction():
        settled = settle_one(
            promise_id=promise.id, outcome=outcome, at=now, actual=float(round(bill)),
            cause={Outcome.KEPT: None, Outcome.BROKEN: Cause.BILLING, Outcome.WAIVED: Cause.MEMBER}[outcome],
            evidence={"trips": len(trips), "minutes": sum(trips), "bills": BILLS})
        if settled is None or outcome is Outcome.WAIVED:
            return
        seen = Seen(Step.LEARN_ESTIMATE, promise.member_id, None, journey=f"estimate-{application.id}")
        seen.settles(settled)
        record(seen, Phase.SUCCEEDED if near else Phase.FAILED, error_code=None if near else "estimate")
        post("ask", member_id=promise.member_id, due=now, once=f"ask-estimate_expectation-{promise.id}",
             solicitation="estimate_expectation", root=f"estimate_expectation-{promise.id}")


def _is_near(found: Fraction, said: int, slack: Fraction) -> bool:
    return abs(found - said) <= said * slack


def _driven(member_id: int, since: datetime, until: datetime) -> list[int]:
    """The minutes of each trip that ended in that time, as booked."""
    found = db.session.execute(select(Reservation.starts_at, Reservation.ends_at).where(
        Reservation.member_id == member_id, Reservation.status == Status.RETURNED, Reservation.ends_at >= since,
        Reservation.ends_at < until))
    return [int((ends - starts).total_seconds() // 60) for starts, ends in found]
