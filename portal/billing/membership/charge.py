"""Charging memberships: each whole month once, as it begins; and by the day the rest of the month in which somebody joins,
ends a pause or comes back. One row of the ledger for a member and month, whichever of the two it is."""

from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies, Policy
from portal.account.models import Member, MemberStatus, Plan
from portal.account.tier.queries import counts_on
from portal.billing.ledger.enter import Transfer, enter, entered
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.membership.months import month_begin, month_of, rest_of_month
from portal.billing.payers.payer_of import locked, own_payer

AT_ONCE = 100


def charge_memberships(now: datetime, zone: ZoneInfo) -> int:
    """Enter this month's fee of members who owe one and have none yet, a hundred at a time; how many there were.

    Months are the city's. The one in which somebody joined, ended a pause or came back was charged then, by the day.
    """
    month, begins = month_of(now, zone), month_begin(now, zone)
    policies = policies_at(begins)
    paying = [plan for plan in Plan if policies[f"membership_{plan}"].value]
    charged = select(LedgerRow.id).where(LedgerRow.once == "membership-" + db.cast(Member.id, db.String) + f"-{month}")
    due = (select(Member).options(joinedload(Member.user)).where(
        Member.status == MemberStatus.ACTIVE, Member.plan.in_(paying),
        func.coalesce(Member.fees_from, Member.joined_at) < begins, ~charged.exists()).order_by(Member.id).limit(AT_ONCE))
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction():
        members = db.session.scalars(due).all()
        for member in members:
            fee = policies[f"membership_{member.plan}"]
            due_now, facts = reduced_fee(member, fee, policies, begins.astimezone(zone).date())
            _charge(member, month, due_now, fee, now, code="membership", facts=facts)
    return len(members)


def charge_rest_of_month(member: Member, now: datetime, zone: ZoneInfo, *, fee: Policy | None = None) -> LedgerRow | None:
    """Enter what is left of this month by the day, today included, within the open transaction; the row, or None where
    nothing is owed: the plan has no fee, or this month was charged already. `fee`: what was shown, when it is not today's."""
    rest, fee = rest_of_month(now, zone), fee or policies_at(now)[f"membership_{member.plan}"]
    whole, facts = reduced_fee(member, fee, policies_at(now), now.astimezone(zone).date())
    part = rest.part(whole)
    if not part.cents or entered(_once(member.id, rest.month)) is not None:
        return None
    _charge(member, rest.month, part, fee, now, code="membership_part",
            facts={"first": rest.first, "days": rest.days, "of": rest.of, "fee_cents": whole.cents, **facts})
    return entered(_once(member.id, rest.month))


def reduced_fee(member: Member, fee: Policy, policies: Policies, day: date) -> tuple[Money, dict[str, int]]:
    """A month's fee for this member, less what the reduced tier takes off when it counts on that day; and what its row of the
    ledger says of that: the percentage, the version of its rule, and the fee without it."""
    off, whole = policies["tier_membership_off"], Money(fee.value)
    if not (counts_on(member, day) and off.value):
        return whole, {}
    return whole - whole.times(Fraction(off.value, 100)), {
        "off_percent": off.value, "off_version": off.version, "full_cents": fee.value}


def fee_of_month(member_id: int, now: datetime, zone: ZoneInfo) -> LedgerRow | None:
    """What was charged for the month that it is there."""
    return entered(_once(member_id, month_of(now, zone)))


def _once(member_id: int, month: str) -> str:
    return f"membership-{member_id}-{month}"


def _charge(member: Member, month: str, amount: Money, fee: Policy, now: datetime, *, code: str, facts: dict[str, int]) -> None:
    payer = locked(own_payer(member.id).id)  # theirs, also when a business pays for their trips
    enter([Transfer(Account.RECEIVABLE, Account.MEMBERSHIP, amount, Origin.MEMBERSHIP, code,
                    f"membership_{member.plan}", fee.version, _once(member.id, month), now, payer_id=payer.id,
                    member_id=member.id, facts={"month": month, "plan": member.plan, **facts})])
    post("settle", member_id=payer.member_id, due=now, once=f"settle-{_once(member.id, month)}", payer_id=payer.id,
         reservation_id=None)
