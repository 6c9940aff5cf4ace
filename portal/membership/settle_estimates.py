"""What the estimator told somebody before they joined, held against their first three bills.

Kept when the bills come to what was said within the policy `estimate_within` (percent), like compared with like (`as_said.py`).
An estimate is of certain trips: whoever drove others had another bill by their own doing, and nothing is said of our sum.
"""

from datetime import datetime
from fractions import Fraction
from uuid import UUID

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
from portal.membership.as_said import drove
from portal.signup.estimate import BILLS, kept_estimate
from portal.signup.models import Application
from portal.web.say import CITY_ZONE

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
    said = kept_estimate(application)
    assert said is not None  # it was minted of it
    since, cents = month_begin(promise.due_at, CITY_ZONE, -BILLS), int(promise.expected or 0)
    found = drove(promise.member_id, payer_of_pages(promise.member_id).id, since, promise.due_at)
    slack = Fraction(policies_at(promise.minted_at)["estimate_within"].value, 100)
    bill = Fraction(found.cents, BILLS)
    near, as_said = abs(bill - cents) <= cents * slack, found.is_as_said(said, cents, BILLS, slack)
    outcome = (Outcome.KEPT if near else Outcome.BROKEN) if as_said else Outcome.WAIVED
    with transaction():
        settled = settle_one(
            promise_id=promise.id, outcome=outcome, at=now, actual=float(round(bill)),
            cause={Outcome.KEPT: None, Outcome.BROKEN: Cause.ESTIMATE, Outcome.WAIVED: Cause.MEMBER}[outcome],
            evidence={"trips": found.trips, "minutes": found.minutes, "bills": BILLS})
        if settled is None or outcome is Outcome.WAIVED:
            return
        seen = Seen(Step.LEARN_ESTIMATE, promise.member_id, None, journey=f"estimate-{application.id}")
        seen.settles(settled)
        record(seen, Phase.SUCCEEDED if near else Phase.FAILED, error_code=None if near else "estimate")
        post("ask", member_id=promise.member_id, due=now, once=f"ask-estimate_expectation-{promise.id}",
             solicitation="estimate_expectation", root=f"estimate_expectation-{promise.id}")
