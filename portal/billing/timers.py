"""What money does by the clock: calls without an answer, pages left open, holds that run out, credits, fees, invoices."""

from datetime import datetime, timedelta

from core.database import transaction
from core.outbox import post, was_posted
from portal.billing.credits.end import end_credits
from portal.billing.invoices.issue import issue_invoices
from portal.billing.membership.charge import charge_memberships
from portal.billing.payments.carry_out import sweep
from portal.billing.payments.hold import renew_holds
from portal.billing.payments.pages import close_old_pages
from portal.billing.referrals.decide import credit_referrals
from portal.web.say import CITY_ZONE


def look_after_payments(now: datetime) -> None:
    """Every half minute: nothing that was asked of the processor is left without an answer, no hold runs out unseen."""
    sweep(now)
    close_old_pages(now)
    renew_holds(now)


def look_after_accounts(now: datetime) -> None:
    """Every half minute, and nearly always nothing to do: credits end, months begin, friends have paid their first trips."""
    end_credits(now)
    while charge_memberships(now, CITY_ZONE):
        pass
    issue_invoices(now, CITY_ZONE)
    while credit_referrals(now):
        pass


def reconcile_nightly(now: datetime) -> None:
    """Once a day, an hour after midnight UTC, when the processor has closed its day."""
    due = now.replace(hour=1, minute=0, second=0, microsecond=0)
    once = f"{due - timedelta(days=1):%Y-%m-%d}"
    if now >= due and not was_posted(f"reconcile-{once}"):
        with transaction():
            post("reconcile", due=now, once=f"reconcile-{once}")
            post("check_ledger", due=now, once=f"check_ledger-{once}")
