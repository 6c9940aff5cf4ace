"""Changing the plan: it counts from the first of the next month on, and can be undone until then.

That is the whole rule. This month stays as it was paid for, nothing is charged or given back in between, and what is booked
keeps the price it was booked at.
"""

from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from experience.journey import Phase, Step
from experience.record.observe import Seen, observe, record
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus, Plan
from portal.account.plans.ahead import change_ahead_of
from portal.account.plans.models import PlanChange
from portal.billing.membership.months import month_begin
from portal.membership.errors import CountsAlready, FeeHasChanged, NoMembership, SamePlan
from portal.web.say import CITY_ZONE

MEMBERS = (MemberStatus.ACTIVE, MemberStatus.PAUSED)
AT_ONCE = 100


def change_plan(*, member: Member, plan: Plan, fee_cents: int, now: datetime) -> PlanChange:
    """Have the plan changed from next month on; `fee_cents` is the monthly fee that the page showed. Asked again while it is
    ahead, it is the same change. Raises NoMembership, SamePlan and FeeHasChanged."""
    with observe(Step.MANAGE_DETAILS, member=member) as seen, transaction():
        seen.note(plan=str(plan))
        held = hold_member(member)
        counts_from = month_begin(now, CITY_ZONE, 1)
        if held.plan == plan:
            raise SamePlan()
        if policies_at(counts_from)[f"membership_{plan}"].value != fee_cents:
            raise FeeHasChanged()
        ahead = change_ahead_of(held.id)
        if ahead is not None and ahead.to_plan == plan:
            seen.was_repeated()
            return ahead
        made = PlanChange(id=new_id(), member_id=held.id, from_plan=held.plan, to_plan=plan, asked_at=now,
                          counts_from=counts_from)
        db.session.add(made)
        db.session.flush()
        post("plan_changes", member_id=held.id, due=now, once=f"plan_changes-{made.id}", change_id=str(made.id))
    return made


def undo_change(*, member: Member, now: datetime) -> None:
    """Stay on the plan. Raises CountsAlready when no change is ahead."""
    with transaction():
        held = hold_member(member)
        ahead = change_ahead_of(held.id)
        if ahead is None:
            raise CountsAlready()
        ahead.undone_at = now
        db.session.flush()
        seen = Seen(Step.MANAGE_DETAILS, held.id, None)
        seen.note(plan=held.plan)
        record(seen, Phase.UNDONE)


def begin_plans(now: datetime) -> int:
    """Let the changes count whose month has begun, before its fee is charged; how many there were."""
    due = select(PlanChange.member_id).where(
        PlanChange.undone_at.is_(None), PlanChange.counted_at.is_(None), PlanChange.counts_from <= now).limit(AT_ONCE)
    found = db.session.scalars(due).all()
    for member_id in found:
        with transaction():
            member = db.session.get_one(Member, member_id, with_for_update={"of": Member}, populate_existing=True)
            ahead = change_ahead_of(member_id)
            if ahead is not None and ahead.counts_from <= now:
                member.plan, ahead.counted_at = ahead.to_plan, now
    return len(found)


def hold_member(member: Member) -> Member:
    """The member, loaded again and kept from other hands within the open transaction. Raises NoMembership."""
    held = db.session.get_one(Member, member.id, with_for_update={"of": Member}, populate_existing=True)
    if held.status not in MEMBERS:
        raise NoMembership()
    return held
