"""What memberships do by the clock: first plans change and pauses end, then the month's fees are charged."""

from datetime import datetime

from portal.billing.timers import look_after_accounts
from portal.membership.change_plan import begin_plans
from portal.membership.pause import end_pauses
from portal.membership.settle_estimates import settle_estimates


def look_after_memberships(now: datetime) -> None:
    """Every half minute, and nearly always nothing to do. The order counts: a month is charged by the plan it begins with."""
    while begin_plans(now):
        pass
    while end_pauses(now):
        pass
    look_after_accounts(now)
    settle_estimates(now)
