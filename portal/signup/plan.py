"""Choosing a plan, at the fee that the page shows."""

from dataclasses import dataclass
from datetime import datetime

from core.database import db, transaction
from core.money import Money
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.models import Plan
from portal.signup.errors import OverAlready
from portal.signup.estimate import Estimate, keep_estimate
from portal.signup.models import Application, State


@dataclass(frozen=True, slots=True)
class Fee:
    """What a plan costs a month, and the version of the rule."""

    amount: Money
    version: int


def fees_at(moment: datetime) -> dict[Plan, Fee]:
    """The monthly fee of each plan."""
    policies = policies_at(moment)
    return {plan: Fee(Money(policies[f"membership_{plan}"].value), policies[f"membership_{plan}"].version) for plan in Plan}


def choose_plan(*, application: Application, plan: Plan, now: datetime, estimate: Estimate | None = None) -> None:
    """Take this plan into the application with today's fee, and what the estimator said in this visit, if it was asked.
    Raises OverAlready."""
    fee = fees_at(now)[plan]
    with observe(Step.JOIN_PLAN, member=application.member) as seen, transaction():
        seen.note(plan=str(plan), fee_cents=fee.amount.cents)
        held = open_one(application)
        held.plan, held.fee_cents, held.fee_version = plan, fee.amount.cents, fee.version
        keep_estimate(held, estimate)


def open_one(application: Application) -> Application:
    """The application, loaded again and kept from other hands within the open transaction. Raises OverAlready."""
    held = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
    if held.state != State.OPEN:
        raise OverAlready()
    return held
