"""Charging memberships: each whole month once, as it begins; and by the day the rest of the month in which somebody joins,
ends a pause or comes back. One row of the ledger for a member and month, whichever of the two it is."""

from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
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
CODES = ("membership", "membership_part")  # of its rows of the ledger; fobs stand there under the same origin


def charge_memberships(now: datetime, zone: ZoneInfo) -> int:
    """Enter this month's fee of members who owe one and have none yet, a hundred at a time; how many there were.

    Months are the city's. The one in which somebody joined, ended a pause or came back was charged then, by the day. Whoever
    is leaving or pausing at this moment is left to the next turn, and whose reduced fee is nothing owes none.
    """
    month, begins = month_of(now, zone), month_begin(now, zone)
    policies, day = policies_at(begins), begins.date()
    paying = [plan for plan in Plan if policies[f"membership_{plan}"].value]
    also_reduced = [plan for plan in paying if less_tier(policies[f"membership_{plan}"], policies)[0].cents > 0]
    charged = select(LedgerRow.id).where(LedgerRow.once == "membership-" + db.cast(Member.id, db.String) + f"-{month}")
    due = (select(Member).options(joinedload(Member.user)).where(
        Member.status == MemberStatus.ACTIVE, Member.plan.in_(paying),
        or_(Member.plan.in_(also_reduced), Member.reduced_until.is_(None), Member.reduced_until < day),
        func.coalesce(Member.fees_from, Member.joined_at) < begins, ~charged.exists()).order_by(Member.id).limit(AT_ONCE))
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction():
        members = db.session.scalars(due.with_for_update(of=Member, key_share=True, skip_locked=True)
                                     .execution_options(populate_existing=True)).all()
        for member in members:
            fee = policies[f"membership_{member.plan}"]
            due_now, facts = reduced_fee(member, fee, policies, day)
            _charge(member, month, due_now, fee, now, code="membership", facts=facts)
    return len(members)


def charge_rest_of_month(member: Member, now: datetime, zone: ZoneInfo, *, fee: Policy | None = None) -> LedgerRow | None:
    """Enter what is left of this month by the day, today included, within the open transaction; the row, or None where
    nothing is owed: the plan has no fee, or this month was charged already. `fee`: what was shown, when it is not today's."""
    rest, fee = rest_of_month(now, zone), fee or policies_at(now)[f"membership_{member.plan}"]
    whole, facts = reduced_fee(member, fee, policies_at(now), now.astimezone(zone).date())
    part = rest.part(whole)
    if part.cents <= 0 or entered(_once(member.id, rest.month)) is not None:
        return None
    _charge(member, rest.month, part, fee, now, code="membership_part",
            facts={"first": rest.first, "days": rest.days, "of": rest.of, "fee_cents": whole.cents, **facts})
    return entered(_once(member.id, rest.month))


def reduced_fee(member: Member, fee: Policy, policies: Policies, day: date) -> tuple[Money, dict[str, int]]:
    """A month's fee for this member, less what the reduced tier takes off when it counts on that day; and what its row of the
    ledger says of that."""
    return less_tier(fee, policies) if counts_on(member, day) else (Money(fee.value), {})


def less_tier(fee: Policy, policies: Policies) -> tuple[Money, dict[str, int]]:
    """A month's fee less what the reduced tier takes off, and for the ledger the percentage, the version of its rule, and the
    fee without it."""
    off, whole = policies["tier_membership_off"], Money(fee.value)
    if not off.value:
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
