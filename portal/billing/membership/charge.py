"""Charging memberships: each month once, from the month after joining."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policy
from portal.account.models import Member, MemberStatus
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.payer_of import locked, own_payer

AT_ONCE = 100


def charge_memberships(now: datetime, zone: ZoneInfo) -> int:
    """Enter this month's fee of members who owe one and have none yet, a hundred at a time; how many there were.

    Months are the city's. The month of joining is free, and so is every month on a plan without a fee.
    """
    local = now.astimezone(zone)
    month, begins = f"{local:%Y-%m}", local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    policies = policies_at(begins)
    paying = [plan for plan in ("payg", "regular") if policies[f"membership_{plan}"].value]
    charged = select(LedgerRow.id).where(LedgerRow.once == "membership-" + db.cast(Member.id, db.String) + f"-{month}")
    due = (select(Member).options(joinedload(Member.user)).where(
        Member.status == MemberStatus.ACTIVE, Member.plan.in_(paying), Member.joined_at < begins, ~charged.exists())
        .order_by(Member.id).limit(AT_ONCE))
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction():
        members = db.session.scalars(due).all()
        for member in members:
            _charge(member, month, policies[f"membership_{member.plan}"], now)
    return len(members)


def _charge(member: Member, month: str, fee: Policy, now: datetime) -> None:
    payer = locked(own_payer(member.id).id)  # theirs, also when a business pays for their trips
    enter([Transfer(Account.RECEIVABLE, Account.MEMBERSHIP, Money(fee.value), Origin.MEMBERSHIP, "membership",
                    f"membership_{member.plan}", fee.version, f"membership-{member.id}-{month}", now, payer_id=payer.id,
                    member_id=member.id, facts={"month": month, "plan": member.plan})])
    post("settle", member_id=payer.member_id, due=now, once=f"settle-membership-{member.id}-{month}", payer_id=payer.id,
         reservation_id=None)
