"""What the letters about a membership say; one whose facts no longer hold is not sent."""

from datetime import datetime
from uuid import UUID

from core.database import db
from core.outbox import Job
from portal.account.leave.models import Departure
from portal.account.models import Member, Plan
from portal.account.plans.models import Pause, PlanChange
from portal.billing.ledger.models import LedgerRow
from portal.billing.membership.charge import fee_of_month
from portal.billing.words import plan_name
from portal.membership.pause import reminder_of
from portal.membership.prices import prices_of
from portal.web.say import CITY_ZONE

Facts = dict[str, object]


def plan_facts(job: Job, site_url: str) -> Facts | None:
    """A change of plan, unless it was undone meanwhile."""
    change = db.session.get_one(PlanChange, UUID(job.facts["change_id"]))
    if change.undone_at is not None:
        return None
    member = db.session.get_one(Member, job.member_id)
    return {"change": change, "member": member, "link": f"{site_url}/account/plan", "plan_name": plan_name,
            "fees": {str(plan): price.month for plan, price in prices_of(member, change.counts_from).items()}}


def pause_facts(job: Job, site_url: str) -> Facts | None:
    """A pause that goes on: as it begins, and before it ends."""
    facts = _of_pause(job, site_url)
    pause = facts["pause"]
    assert isinstance(pause, Pause)
    return facts | {"reminded": reminder_of(pause) is not None} if pause.ended_at is None else None


def resumed_facts(job: Job, site_url: str) -> Facts | None:
    """A pause that is over, and what the rest of the month costs; nothing to somebody who has left since."""
    facts = _of_pause(job, site_url)
    pause, member = facts["pause"], facts["member"]
    assert isinstance(pause, Pause)
    assert isinstance(member, Member)
    if pause.ended_at is None or not member.may_drive:
        return None
    return facts | {"charged": _charged_since(member, pause.ended_at)}


def back_facts(job: Job, site_url: str) -> Facts | None:
    """Somebody who has come back, unless they have left again."""
    departure = db.session.get_one(Departure, UUID(job.facts["departure_id"]))
    member = db.session.get_one(Member, departure.member_id)
    if not member.may_drive or departure.came_back_at is None:
        return None
    return {"departure": departure, "member": member, "plan_name": plan_name, "cars": f"{site_url}/cars",
            "link": f"{site_url}/help", "charged": _charged_since(member, departure.came_back_at)}


def _charged_since(member: Member, at: datetime) -> LedgerRow | None:
    """What was charged for the month of that moment, if it was charged since."""
    fee = fee_of_month(member.id, at, CITY_ZONE)
    return fee if fee is not None and fee.at >= at else None


def _of_pause(job: Job, site_url: str) -> Facts:
    pause = db.session.get_one(Pause, UUID(job.facts["pause_id"]))
    member = db.session.get_one(Member, pause.member_id)
    return {"pause": pause, "member": member, "link": f"{site_url}/account/plan", "cars": f"{site_url}/cars",
            "fee": prices_of(member, pause.until)[Plan(member.plan)].month}
